//! Spans, from the store's recorder to OTLP.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sealpost_store::trace::{Attribute, Recorder, Span};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::exporter::{Exporter, Signal, resource, text};

/// The most spans sent together.
const BATCH: usize = 512;
/// How long the first of a batch waits for others.
const GATHER: Duration = Duration::from_secs(1);
/// `STATUS_CODE_ERROR`
const ERROR: u8 = 2;

/// Takes spans and passes them on, or drops them where they don't fit.
pub(super) struct Traces {
    sender: mpsc::Sender<Span>,
    sampler: Sampler,
    dropped: Arc<AtomicU64>,
}

/// Which of the traces that begin here are recorded. By their ids, so that every node decides the same.
pub(super) struct Sampler(u64);

impl Sampler {
    /// So many of all, 0 to 1.
    pub(super) fn new(share: f64) -> Self {
        Self((share.clamp(0.0, 1.0) * u64::MAX as f64) as u64)
    }

    fn samples(&self, trace: &[u8; 16]) -> bool {
        let [.., a, b, c, d, e, f, g, h] = *trace;
        self.0 == u64::MAX || u64::from_be_bytes([a, b, c, d, e, f, g, h]) < self.0
    }
}

impl Traces {
    pub(super) fn new(sender: mpsc::Sender<Span>, sampler: Sampler, dropped: Arc<AtomicU64>) -> Self {
        Self { sender, sampler, dropped }
    }
}

impl Recorder for Traces {
    fn samples(&self, trace: &[u8; 16]) -> bool {
        self.sampler.samples(trace)
    }

    fn take(&self, span: Span) {
        if self.sender.try_send(span).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Sends what comes, for as long as it is polled.
pub(super) async fn export_forever(exporter: Arc<Exporter>, mut spans: mpsc::Receiver<Span>) {
    let mut batch = Vec::with_capacity(BATCH);
    while spans.recv_many(&mut batch, BATCH).await > 0 {
        if batch.len() < BATCH {
            tokio::time::sleep(GATHER).await;
            while batch.len() < BATCH
                && let Ok(span) = spans.try_recv()
            {
                batch.push(span);
            }
        }
        exporter.send(Signal::Traces, &document(&batch), batch.len()).await;
        batch.clear();
    }
}

/// `ExportTraceServiceRequest` in JSON (opentelemetry-proto, "JSON Protobuf Encoding": ids in hexadecimal, 64-bit numbers as
/// text).
fn document(spans: &[Span]) -> Value {
    let spans: Vec<Value> = spans.iter().map(span).collect();
    json!({ "resourceSpans": [
        { "resource": resource(), "scopeSpans": [{ "scope": { "name": "sealpost" }, "spans": spans }] }
    ] })
}

fn span(span: &Span) -> Value {
    let mut shown = json!({
        "traceId": hex(&span.context.trace),
        "spanId": hex(&span.context.span),
        "name": span.name,
        "kind": span.kind as u8,
        "startTimeUnixNano": span.began.to_string(),
        "endTimeUnixNano": span.ended.to_string(),
        "attributes": span.attributes.iter().map(attribute).collect::<Vec<_>>(),
    });
    if let Some(parent) = span.parent {
        shown["parentSpanId"] = hex(&parent).into();
    }
    if span.failed {
        shown["status"] = json!({ "code": ERROR });
    }
    shown
}

/// Named as the semantic conventions name it, where they have a name.
fn attribute(attribute: &Attribute) -> Value {
    match attribute {
        Attribute::Method(method) => text("http.request.method", method),
        Attribute::Route(route) => text("http.route", route),
        Attribute::Status(status) => {
            json!({ "key": "http.response.status_code", "value": { "intValue": status.to_string() } })
        }
        Attribute::Job(kind) => text("sealpost.job", kind),
        Attribute::Outcome(code) => text("sealpost.outcome", code),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_store::trace::{Kind, TraceContext};

    #[test]
    fn a_span_is_written_as_otlp_has_it() {
        let context = TraceContext { trace: [0x4b; 16], span: [0xb7; 8] };
        let attributes = vec![Attribute::Route("/v1/messages"), Attribute::Status(202)];
        let one = Span {
            context,
            parent: Some([1; 8]),
            name: "request",
            kind: Kind::Server,
            began: 7,
            ended: 9,
            failed: true,
            attributes,
        };
        let shown = &document(&[one])["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(
            *shown,
            json!({ "traceId": "4b".repeat(16), "spanId": "b7".repeat(8), "parentSpanId": "01".repeat(8), "name": "request",
                "kind": 2, "startTimeUnixNano": "7", "endTimeUnixNano": "9", "status": { "code": 2 }, "attributes": [
                    { "key": "http.route", "value": { "stringValue": "/v1/messages" } },
                    { "key": "http.response.status_code", "value": { "intValue": "202" } } ] })
        );
    }

    #[test]
    fn a_share_of_all_traces_is_that_share() {
        let sampled = |share: f64| {
            let sampler = Sampler::new(share);
            (0..1000_u64)
                .filter(|n| {
                    let mut trace = [0; 16];
                    trace[8..].copy_from_slice(&n.wrapping_mul(u64::MAX / 1000).to_be_bytes());
                    sampler.samples(&trace)
                })
                .count()
        };
        assert_eq!((sampled(0.0), sampled(1.0)), (0, 1000));
        assert!((240..=260).contains(&sampled(0.25)));
    }
}
