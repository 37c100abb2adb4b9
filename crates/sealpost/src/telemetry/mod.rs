//! Traces and metrics, exported by OTLP over HTTP in its JSON form, where that is configured.
//!
//! What leaves is what [`trace::Attribute`] and the metrics page can hold: numbers, and literals of the program. The exporter
//! keeps up or drops: nobody waits for it. See `docs/decisions/0010-opentelemetry.md`.

mod exporter;
mod metrics;
mod traces;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::target::Target;
use sealpost_egress::tls::Trust;
use sealpost_store::trace;
use sealpost_web::metrics::{Counter, Metric};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::config::{Config, Environment};
use crate::house::opened;

use exporter::Exporter;
use traces::{Sampler, Traces};

/// Spans that wait to be exported; more are dropped.
const WAITING: usize = 8192;

/// What is exported, and whereto. Nothing runs before [`Telemetry::start`].
pub(crate) struct Telemetry {
    exporter: Exporter,
    sample: f64,
    metrics_every: Duration,
}

/// Spans that nobody will see.
struct Dropped(Arc<AtomicU64>);

impl Metric for Dropped {
    fn write(&self, out: &mut String) {
        let help = "Spans dropped: there were too many, or the collector did not take them.";
        let counter = Counter::new("sealpost_telemetry_dropped_spans_total", help);
        counter.add(self.0.load(Ordering::Relaxed));
        counter.write(out);
    }
}

impl Telemetry {
    /// As configured; nothing if it isn't.
    pub(crate) fn new(config: &Config, environment: &Environment, trust: &Trust) -> Result<Option<Self>> {
        let telemetry = &config.telemetry;
        let Some(endpoint) = &telemetry.endpoint else { return Ok(None) };
        let network = Network::system(opened(Policy::strict().with_any_port().with_loopback(), &config.egress));
        let at = |path: &str| Target::parse(&format!("{}{path}", endpoint.trim_end_matches('/')), network.policy());
        let (traces, metrics) = (at("/v1/traces"), at("/v1/metrics"));
        let authorization = telemetry.authorization.as_ref().map(|secret| secret.read(environment)).transpose();
        let authorization = authorization.context("telemetry.authorization")?;
        Ok(Some(Self {
            exporter: Exporter::new(
                Client::new(network.clone(), trust)?,
                traces.context("telemetry.endpoint")?,
                metrics.context("telemetry.endpoint")?,
                authorization.map(|secret| secret.expose().trim().to_owned()),
            )?,
            sample: telemetry.sample,
            metrics_every: Duration::from_secs(telemetry.metrics_seconds),
        }))
    }

    /// How much was dropped, for the metrics page.
    pub(crate) fn dropped(&self) -> impl Metric + 'static {
        Dropped(self.exporter.dropped())
    }

    /// Exports from now on, until the tasks are ended.
    pub(crate) fn start(self, page: Vec<Arc<dyn Metric>>, tasks: &mut JoinSet<()>) {
        let exporter = Arc::new(self.exporter);
        let (sender, spans) = mpsc::channel(WAITING);
        trace::record_with(Traces::new(sender, Sampler::new(self.sample), exporter.dropped()));
        tasks.spawn(traces::export_forever(exporter.clone(), spans));
        if !self.metrics_every.is_zero() {
            tasks.spawn(metrics::export_forever(exporter, page, self.metrics_every));
        }
    }
}
