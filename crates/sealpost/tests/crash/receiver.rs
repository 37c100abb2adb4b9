//! A customer's endpoint: verifies, remembers, answers 204; one that misbehaves does so the first time it hears of something.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sealpost_seal::signature::{SigningSecret, verify_standard};
use sealpost_web::tls::{Certificates, local_authority, server_config};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Runs until the test's runtime ends.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    misbehaves: Arc<AtomicBool>,
}

/// What becomes of a call.
#[derive(Clone, Copy)]
enum Manners {
    Good,
    /// Answers 500 and has taken nothing.
    Errs,
    /// Hangs up and has taken nothing.
    HangsUp,
    /// Has taken it, and hangs up.
    TakesAndHangsUp,
    /// Has taken it, and says so after a while.
    TakesItsTime,
}

/// Everything that was delivered.
#[derive(Clone, Default)]
pub(crate) struct Heard {
    /// By `webhook-id`: the body, and how often it came.
    pub(crate) events: BTreeMap<String, (Bytes, u64)>,
    /// By message and state: under which `webhook-id`s.
    pub(crate) reports: BTreeMap<(String, String), BTreeSet<String>>,
    pub(crate) wrong: Vec<String>,
    /// What was misbehaved at: once each.
    pub(crate) misbehaved: BTreeSet<String>,
}

impl Receiver {
    pub(crate) async fn start(tls: &Path, secret: SigningSecret) -> Self {
        let files = local_authority(tls, sealpost_store::World::real().clock.now()).unwrap();
        let config = server_config(Certificates::load(files.certificate, files.key).unwrap()).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (heard, secret) = (Arc::<Mutex<Heard>>::default(), Arc::new(secret));
        let misbehaves = Arc::<AtomicBool>::default();
        let (shared, wild) = (heard.clone(), misbehaves.clone());
        tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(config);
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, heard, secret, wild) = (acceptor.clone(), shared.clone(), secret.clone(), wild.clone());
                tokio::spawn(async move {
                    // A peer that is killed in the middle of anything is what this is for.
                    let Ok(tls) = acceptor.accept(tcp).await else { return };
                    let hear = service_fn(|request| hear(heard.clone(), secret.clone(), wild.clone(), request));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(tls), hear).await;
                });
            }
        });
        Self { address, heard, misbehaves }
    }

    /// From now on, some of what it hears of for the first time is answered badly.
    pub(crate) fn misbehave(&self) {
        self.misbehaves.store(true, Ordering::Relaxed);
    }

    pub(crate) fn heard(&self) -> Heard {
        self.heard.lock().unwrap().clone()
    }
}

async fn hear(
    heard: Arc<Mutex<Heard>>,
    secret: Arc<SigningSecret>,
    misbehaves: Arc<AtomicBool>,
    request: Request<Incoming>,
) -> io::Result<Response<Empty<Bytes>>> {
    let (parts, body) = request.into_parts();
    let status = match body.collect().await {
        Ok(body) => {
            let manners = match misbehaves.load(Ordering::Relaxed) {
                true => heard.lock().unwrap().manners(&parts.headers),
                false => Manners::Good,
            };
            if !matches!(manners, Manners::Errs | Manners::HangsUp) {
                heard.lock().unwrap().note(&parts.headers, body.to_bytes(), &secret);
            }
            match manners {
                Manners::Good => StatusCode::NO_CONTENT,
                Manners::Errs => StatusCode::INTERNAL_SERVER_ERROR,
                Manners::HangsUp | Manners::TakesAndHangsUp => return Err(io::ErrorKind::ConnectionReset.into()),
                Manners::TakesItsTime => {
                    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                    StatusCode::NO_CONTENT
                }
            }
        }
        Err(_) => StatusCode::BAD_REQUEST,
    };
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}

impl Heard {
    /// By the event's id, which is as good as chance and the same for every attempt.
    fn manners(&mut self, headers: &http::HeaderMap) -> Manners {
        let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        // Seldom enough that what it holds up is told within the test's time.
        let manners = match id.bytes().map(u32::from).sum::<u32>() % 128 {
            0 => Manners::Errs,
            1 => Manners::HangsUp,
            2 => Manners::TakesAndHangsUp,
            3 => Manners::TakesItsTime,
            _ => return Manners::Good,
        };
        if self.misbehaved.insert(id.to_owned()) { manners } else { Manners::Good }
    }

    fn note(&mut self, headers: &http::HeaderMap, body: Bytes, secret: &SigningSecret) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        let texts: Vec<(&str, &str)> =
            headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        if let Err(refused) = verify_standard(&texts, &body, secret, now, 300) {
            self.wrong.push(format!("a signature does not verify: {refused}"));
        }
        let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
        let event: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(message) = event["data"]["message_id"].as_str() {
            let state = event["data"]["state"].as_str().unwrap_or_default().to_owned();
            self.reports.entry((message.to_owned(), state)).or_default().insert(id.clone());
        }
        let (first, times) = self.events.entry(id.clone()).or_insert_with(|| (body.clone(), 0));
        *times += 1;
        if *first != body {
            self.wrong.push(format!("{id} came with two bodies"));
        }
    }
}
