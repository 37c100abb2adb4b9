//! What operators ask: is it alive, is it ready, what are its numbers. A listener of its own, plain HTTP, on loopback unless
//! configured otherwise; it answers nothing that belongs to an organisation.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, StatusCode};
use hyper::body::Body;
use tokio::net::TcpListener;

use crate::app::{Outgoing, Response, secure};
use crate::caller::BoxFuture;
use crate::metrics::Metric;
use crate::serve::{Drained, ServeConfig, Wire, run};

type Check = (&'static str, Box<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>);

/// What the admin listener knows. Cheap to clone.
#[derive(Clone, Default)]
pub struct Admin(Arc<Inner>);

#[derive(Default)]
struct Inner {
    checks: Vec<Check>,
    metrics: Vec<Box<dyn Metric>>,
    draining: AtomicBool,
}

/// Puts an [`Admin`] together.
#[derive(Default)]
pub struct AdminBuilder(Inner);

impl AdminBuilder {
    /// One more thing that must hold for this process to be ready: `storage`, `keys`.
    pub fn check<F>(mut self, name: &'static str, holds: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = bool> + Send + 'static,
    {
        self.0.checks.push((name, Box::new(move || Box::pin(holds()))));
        self
    }

    /// One more thing on the metrics page. Metrics of the same name are added one after the other.
    pub fn metric(mut self, metric: impl Metric + 'static) -> Self {
        self.0.metrics.push(Box::new(metric));
        self
    }

    /// Ready to be served.
    pub fn build(self) -> Admin {
        Admin(Arc::new(self.0))
    }
}

impl Admin {
    /// An admin page with nothing on it yet.
    pub fn builder() -> AdminBuilder {
        AdminBuilder::default()
    }

    /// From now on `/readyz` says no, so that no new work is sent here while the old is finished.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Serves `/healthz`, `/readyz` and `/metrics` on `listener` until `shutdown` is ready.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Drained {
        let config = ServeConfig { max_connections: 64, ..ServeConfig::default() };
        let serve = move |request, _| {
            let admin = self.clone();
            async move { admin.respond(request).await }
        };
        run(listener, Wire::PlainLoopback, config, serve, shutdown).await
    }

    /// Answers one request.
    pub async fn respond<B: Body>(&self, request: Request<B>) -> Response {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return answer(StatusCode::METHOD_NOT_ALLOWED, TEXT, "read only\n".into());
        }
        match request.uri().path() {
            "/healthz" => answer(StatusCode::OK, TEXT, "ok\n".into()),
            "/readyz" => self.ready().await,
            "/metrics" => {
                let mut page = String::with_capacity(8 * 1024);
                self.0.metrics.iter().for_each(|metric| metric.write(&mut page));
                answer(StatusCode::OK, PROMETHEUS, page)
            }
            _ => answer(StatusCode::NOT_FOUND, TEXT, "not found\n".into()),
        }
    }

    async fn ready(&self) -> Response {
        let draining = self.0.draining.load(Ordering::Relaxed);
        let (mut missing, mut checks) = (Vec::new(), serde_json::Map::new());
        for (name, holds) in &self.0.checks {
            let holds = holds().await;
            missing.extend((!holds).then_some(*name));
            checks.insert((*name).into(), holds.into());
        }
        let ready = !draining && missing.is_empty();
        let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let body = serde_json::json!({ "ready": ready, "draining": draining, "missing": missing, "checks": checks });
        answer(status, crate::reply::JSON, format!("{body}\n"))
    }
}

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const PROMETHEUS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

fn answer(status: StatusCode, media_type: HeaderValue, body: String) -> Response {
    let mut response = http::Response::new(Outgoing::whole(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    secure(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use hyper::body::Bytes;

    async fn ask(admin: &Admin, path: &str) -> (u16, String) {
        let request = Request::builder().uri(path).body(http_body_util::Empty::<Bytes>::new()).unwrap();
        let response = admin.respond(request).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn it_is_ready_when_every_check_holds_and_nobody_asked_it_to_stop() {
        static SEEN: crate::metrics::Counter = crate::metrics::Counter::new("seen_total", "Seen.");
        let storage = Arc::new(AtomicBool::new(false));
        let shared = storage.clone();
        let admin = Admin::builder()
            .metric(&SEEN)
            .check("storage", move || std::future::ready(shared.load(Ordering::Relaxed)))
            .build();
        assert_eq!(ask(&admin, "/healthz").await, (200, "ok\n".into()));
        assert_eq!(
            ask(&admin, "/readyz").await,
            (
                503,
                "{\"ready\":false,\"draining\":false,\"missing\":[\"storage\"],\"checks\":{\"storage\":false}}\n"
                    .into()
            )
        );
        storage.store(true, Ordering::Relaxed);
        assert_eq!(ask(&admin, "/readyz").await.0, 200);
        admin.drain();
        assert_eq!(ask(&admin, "/readyz").await.0, 503);
        assert!(ask(&admin, "/metrics").await.1.contains("seen_total 0\n"));
        assert_eq!(ask(&admin, "/v1/messages").await.0, 404);
    }
}
