//! One collector, over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use http::{HeaderValue, header};
use sealpost_egress::Tenant;
use sealpost_egress::client::{Client, Method, Outbound};
use sealpost_egress::target::Target;
use sealpost_egress::tls::MinTls;
use serde_json::{Value, json};

/// How long the collector may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long to wait before the second try, the last.
const AGAIN: Duration = Duration::from_secs(2);
/// The answers after which OTLP wants another try (OTLP 1.x, "Retryable Response Codes").
const WORTH_ANOTHER: [u16; 4] = [429, 502, 503, 504];

/// Which of the collector's paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    Metrics,
}

/// Sends to one collector.
pub(super) struct Exporter {
    client: Client,
    traces: Target,
    metrics: Target,
    authorization: Option<HeaderValue>,
    dropped: Arc<AtomicU64>,
}

impl Exporter {
    pub(super) fn new(client: Client, traces: Target, metrics: Target, authorization: Option<String>) -> Result<Self> {
        let authorization = authorization
            .map(|text| {
                let mut value = HeaderValue::try_from(text)?;
                value.set_sensitive(true);
                Ok::<_, http::header::InvalidHeaderValue>(value)
            })
            .transpose()
            .context("telemetry.authorization is no header's value")?;
        Ok(Self { client, traces, metrics, authorization, dropped: Arc::default() })
    }

    /// Spans that nobody will see: there were too many, or the collector did not take them.
    pub(super) fn dropped(&self) -> Arc<AtomicU64> {
        self.dropped.clone()
    }

    /// Sends `holds` things, with a second try where one may help. What is not taken then is dropped.
    pub(super) async fn send(&self, signal: Signal, body: &Value, holds: usize) {
        for wait in [Some(AGAIN), None] {
            let outcome = self.post(signal, body).await;
            match (outcome, wait) {
                (Ok(200..=299), _) => return,
                (Ok(status), Some(wait)) if WORTH_ANOTHER.contains(&status) => tokio::time::sleep(wait).await,
                (Err(_), Some(wait)) => tokio::time::sleep(wait).await,
                (Ok(status), _) => tracing::warn!(status, "telemetry.refused"),
                (Err(code), None) => tracing::warn!(code, "telemetry.not_sent"),
            }
        }
        self.dropped.fetch_add(holds as u64, Ordering::Relaxed);
    }

    async fn post(&self, signal: Signal, body: &Value) -> Result<u16, &'static str> {
        let target = match signal {
            Signal::Traces => &self.traces,
            Signal::Metrics => &self.metrics,
        };
        let body = body.to_string().into_bytes();
        let mut outbound = Outbound::new(Tenant::INSTALLATION, Method::Post, target, body.into());
        outbound.deadline = DEADLINE;
        outbound.min_tls = MinTls::V1_2;
        outbound.headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
        outbound.headers.extend(self.authorization.clone().map(|value| (header::AUTHORIZATION, value)));
        match self.client.send(outbound).await {
            Ok(answer) => Ok(answer.status),
            Err(error) => Err(error.code()),
        }
    }
}

/// What sends, as OTLP names it.
pub(super) fn resource() -> Value {
    json!({ "attributes": [text("service.name", "sealpost"), text("service.version", env!("CARGO_PKG_VERSION"))] })
}

/// A text attribute in OTLP's form.
pub(super) fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}
