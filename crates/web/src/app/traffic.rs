//! What has been served: counts for the metrics page, one line for the log.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{Method, StatusCode};
use sealpost_store::RequestId;

use super::Entry;
use crate::elapsed::Stopwatch;
use crate::metrics::{Counter, Gauge, Histogram, LATENCY_SECONDS, Metric};

/// Status classes 1xx to 5xx.
const CLASSES: usize = 5;

pub(super) struct Traffic {
    in_flight: Gauge,
    latency: Histogram,
    refused_credentials: Counter,
    withheld: Counter,
    /// Per route, and one more for requests that found none.
    by_route: Vec<[AtomicU64; CLASSES]>,
}

impl Traffic {
    pub(super) fn new(routes: usize) -> Self {
        Self {
            in_flight: Gauge::new("sealpost_http_requests_in_flight", "Requests being served."),
            latency: Histogram::new(
                "sealpost_http_request_seconds",
                "Time from a request's headers to its answer.",
                LATENCY_SECONDS,
            ),
            refused_credentials: Counter::new(
                "sealpost_http_refused_credentials_total",
                "Requests whose credential was not believed.",
            ),
            withheld: Counter::new(
                "sealpost_http_withheld_responses_total",
                "Answers that held what was kept from whoever asked, and did not leave.",
            ),
            by_route: (0..=routes).map(|_| Default::default()).collect(),
        }
    }

    /// A request has begun. Its duration is measured, nothing is decided by it: that is why the clock of the world isn't asked.
    pub(super) fn begin(&self) -> Started<'_> {
        self.in_flight.add(1);
        Started { traffic: self, at: Stopwatch::start() }
    }

    pub(super) fn refused_credential(&self) {
        self.refused_credentials.add(1);
    }

    pub(super) fn withheld(&self) {
        self.withheld.add(1);
    }

    pub(super) fn end(
        &self,
        started: Started<'_>,
        entries: &[Entry],
        entry: Option<usize>,
        method: &Method,
        status: StatusCode,
        request: RequestId,
    ) {
        let elapsed = started.at.elapsed();
        self.latency.observe(elapsed);
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES) - 1;
        let route = entry.unwrap_or(entries.len());
        self.by_route[route][class].fetch_add(1, Ordering::Relaxed);
        // A method that isn't one of ours is text of the client's.
        let (method, route) = entry.map_or(("", ""), |at| (method.as_str(), entries[at].info.path));
        let (status, latency_ms) = (status.as_u16(), elapsed.as_secs_f64() * 1000.0);
        // What went well is in the ledger and in the metrics: a line for each would only cost.
        if status < 400 {
            tracing::debug!(method, route, status, latency_ms, request = %request, "request.done");
        } else {
            tracing::info!(method, route, status, latency_ms, request = %request, "request.done");
        }
    }

    pub(super) fn write(&self, entries: &[Entry], out: &mut String) {
        use std::fmt::Write as _;
        for metric in [&self.in_flight as &dyn Metric, &self.latency, &self.refused_credentials, &self.withheld] {
            metric.write(out);
        }
        out.push_str(
            "# HELP sealpost_http_requests_total Requests answered.\n# TYPE sealpost_http_requests_total counter\n",
        );
        for (at, classes) in self.by_route.iter().enumerate() {
            let (method, path) =
                entries.get(at).map_or(("", "none"), |entry| (entry.info.method.as_str(), entry.info.path));
            for (class, count) in classes.iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let class = class + 1;
                    // Writing to a string can't fail.
                    let _ = writeln!(
                        out,
                        "sealpost_http_requests_total{{method=\"{method}\",route=\"{path}\",status=\"{class}xx\"}} {count}"
                    );
                }
            }
        }
    }
}

/// A request being served; counted as such until it is dropped, even if its client went away.
pub(super) struct Started<'t> {
    traffic: &'t Traffic,
    at: Stopwatch,
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        self.traffic.in_flight.add(-1);
    }
}
