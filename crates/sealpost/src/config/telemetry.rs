//! `[telemetry]`

use serde::{Deserialize, Serialize};

use super::SecretSource;

/// Traces and metrics by OTLP over HTTP. Off unless there is an endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TelemetryConfig {
    /// Where the collector is, without `/v1/traces`: `https://otel.example.com:4318`, or `http://` on loopback.
    pub(crate) endpoint: Option<String>,
    /// The value of an `Authorization` header, if the collector wants one.
    pub(crate) authorization: Option<SecretSource>,
    /// The share of traces that are recorded, 0 to 1. A caller that records its own decides for itself.
    pub(crate) sample: f64,
    /// Seconds between exports of the metrics; 0 exports none.
    pub(crate) metrics_seconds: u64,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self { endpoint: None, authorization: None, sample: 1.0, metrics_seconds: 60 }
    }
}
