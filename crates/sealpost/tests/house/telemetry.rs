//! What leaves for those who watch: traces and metrics by OTLP, the ledger to a SIEM. One collector hears all of it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::api::Ask;
use crate::house::{House, text};

crate::on_both_engines! {
    a_message_is_traced_from_the_caller_to_the_delivery
    every_leaf_of_the_ledger_and_every_metric_reaches_the_collector
}

/// A trace of the caller's own, and the span it asks us in (W3C Trace Context, the specification's example).
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

async fn a_message_is_traced_from_the_caller_to_the_delivery(house: House) {
    house.event("traced", "sms", "otp", &json!({ "text": "{{ code }}" })).await;
    house.endpoint("traced").await;
    let message = json!({ "event": "traced", "to": { "phone": "+15550100123" }, "data": { "code": "417233" } });
    let ask = Ask::post("/v1/messages", &message).header("traceparent", &format!("00-{TRACE}-{CALLER}-01"));
    assert_eq!(house.ask(ask).await.status, 202);
    // Spans leave when they end, and not all at once: the whole way has arrived when it leads back to the request.
    let (spans, way) = house
        .collected("the way from the delivery to the request", || {
            let spans: Vec<Value> = spans(&house).into_iter().filter(|span| span["traceId"] == TRACE).collect();
            let way = way_back(&spans)?;
            Some((spans, way))
        })
        .await;
    let names: Vec<_> = way.iter().map(|span| text(span, "name")).collect();
    assert_eq!(names, ["deliver", "dispatch", "commit", "dispatch", "commit", "request"], "{spans:#?}");
    let Some(span) = way.last() else { panic!("{spans:#?}") };
    assert_eq!(span["parentSpanId"], CALLER, "it is part of the caller's trace");
    let said: Vec<_> = span["attributes"].as_array().unwrap().iter().map(|one| one["value"].clone()).collect();
    assert_eq!(
        said,
        [json!({ "stringValue": "POST" }), json!({ "stringValue": "/v1/messages" }), json!({ "intValue": "202" })]
    );
    assert!(spans.iter().all(|span| text(span, "startTimeUnixNano").len() == text(span, "endTimeUnixNano").len()));
}

/// From the delivery over the parents to the request, once all of it is there.
fn way_back(spans: &[Value]) -> Option<Vec<Value>> {
    let mut way = vec![spans.iter().find(|span| span["name"] == "deliver")?.clone()];
    while let Some(parent) =
        spans.iter().find(|one| way.last().is_some_and(|span| one["spanId"] == span["parentSpanId"]))
    {
        way.push(parent.clone());
    }
    way.last().is_some_and(|span| span["name"] == "request").then_some(way)
}

async fn every_leaf_of_the_ledger_and_every_metric_reaches_the_collector(house: House) {
    let (key, _) = house.key_with(&["keys:read"]).await;
    let leaf = house
        .collected("the leaf of the key", || {
            let batches = house.collector.heard().into_iter().map(|heard| heard.event());
            let of_siem = batches.filter(|batch| batch["type"] == "ledger.leaves");
            let mut leaves = of_siem.flat_map(|batch| batch["leaves"].as_array().cloned().unwrap_or_default());
            leaves.find(|leaf| leaf["target"] == *key)
        })
        .await;
    assert_eq!((&leaf["action"], &leaf["result"]), (&json!("key.create"), &json!("ok")));
    let metrics = house
        .collected("the metrics", || {
            let documents = house.collector.heard().into_iter().rev().map(|heard| heard.event());
            let mut of_metrics = documents.map(|one| one["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].clone());
            of_metrics.find(Value::is_array)
        })
        .await;
    let names: Vec<_> = metrics.as_array().unwrap().iter().map(|metric| text(metric, "name")).collect();
    for name in
        ["sealpost_http_request_seconds", "sealpost_commit_jobs", "sealpost_outbox_due_jobs", "sealpost_siem_failing"]
    {
        assert!(names.iter().any(|known| known == name), "{name} is not among {names:?}");
    }
}

/// Every span the collector has.
fn spans(house: &House) -> Vec<Value> {
    let documents = house.collector.heard().into_iter().map(|heard| heard.event());
    documents
        .flat_map(|document| {
            document["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().cloned().unwrap_or_default()
        })
        .collect()
}

impl House {
    /// What `look` finds at the collector, once it finds it.
    pub(crate) async fn collected<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        for _ in 0..3_000 {
            match look() {
                Some(found) => return found,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        panic!("{what} did not come: {}", self.log().lines().rev().take(20).collect::<Vec<_>>().join("\n"))
    }
}
