//! The metrics page, as OTLP: one description of every number, two forms of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sealpost_store::{Clock as _, SystemClock};
use sealpost_web::metrics::Metric;
use serde_json::{Value, json};

use super::exporter::{Exporter, Signal, resource, text};

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`
const CUMULATIVE: u8 = 2;

/// Sends the page at this interval, for as long as it is polled.
pub(super) async fn export_forever(exporter: Arc<Exporter>, page: Vec<Arc<dyn Metric>>, every: Duration) {
    let began = nanoseconds();
    loop {
        tokio::time::sleep(every).await;
        let mut shown = String::new();
        page.iter().for_each(|metric| metric.write(&mut shown));
        exporter.send(Signal::Metrics, &document(&shown, &began, &nanoseconds()), 0).await;
    }
}

fn nanoseconds() -> String {
    (i128::from(SystemClock.now().unix_ms()) * 1_000_000).to_string()
}

/// `ExportMetricsServiceRequest` in JSON, from the text form of Prometheus as [`sealpost_web::metrics`] writes it.
fn document(page: &str, began: &str, now: &str) -> Value {
    let metrics: Vec<Value> = families(page).into_iter().map(|family| family.metric(began, now)).collect();
    json!({ "resourceMetrics": [
        { "resource": resource(), "scopeMetrics": [{ "scope": { "name": "sealpost" }, "metrics": metrics }] }
    ] })
}

/// Everything of one name.
struct Family<'p> {
    name: &'p str,
    help: &'p str,
    kind: &'p str,
    samples: Vec<Sample<'p>>,
}

/// One line.
struct Sample<'p> {
    name: &'p str,
    labels: Vec<(&'p str, &'p str)>,
    value: &'p str,
}

fn families(page: &str) -> Vec<Family<'_>> {
    let mut families: Vec<Family<'_>> = Vec::new();
    let mut help = "";
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ').map_or("", |(_, help)| help);
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            families.push(Family { name, help, kind, samples: Vec::new() });
        } else if let (Some(sample), Some(family)) = (Sample::read(line), families.last_mut()) {
            family.samples.push(sample);
        }
    }
    families
}

impl<'p> Sample<'p> {
    fn read(line: &'p str) -> Option<Self> {
        let (series, value) = line.rsplit_once(' ')?;
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels = labels.trim_end_matches('}').split("\",").filter_map(|label| {
            let (key, value) = label.split_once("=\"")?;
            Some((key, value.trim_end_matches('"')))
        });
        Some(Self { name, labels: labels.collect(), value })
    }

    fn attributes(&self) -> Vec<Value> {
        self.labels.iter().map(|(key, value)| text(key, value)).collect()
    }
}

impl Family<'_> {
    fn metric(&self, began: &str, now: &str) -> Value {
        let mut metric = json!({ "name": self.name, "description": self.help });
        let point = |sample: &Sample<'_>| json!({ "attributes": sample.attributes(), "startTimeUnixNano": began, "timeUnixNano": now, "asInt": sample.value });
        let points = || self.samples.iter().map(point).collect::<Vec<_>>();
        match self.kind {
            "counter" => {
                metric["sum"] =
                    json!({ "dataPoints": points(), "aggregationTemporality": CUMULATIVE, "isMonotonic": true });
            }
            "histogram" => {
                metric["histogram"] =
                    json!({ "dataPoints": [self.histogram(began, now)], "aggregationTemporality": CUMULATIVE });
            }
            _ => metric["gauge"] = json!({ "dataPoints": points() }),
        }
        metric
    }

    /// Prometheus' buckets hold everything up to their bound, OTLP's what is between theirs and the one before.
    fn histogram(&self, began: &str, now: &str) -> Value {
        let of = |suffix: &str| {
            let found = self.samples.iter().find(|sample| sample.name.strip_prefix(self.name) == Some(suffix));
            found.map_or("0", |sample| sample.value)
        };
        let buckets = self.samples.iter().filter(|sample| sample.name.ends_with("_bucket"));
        let (mut bounds, mut counts, mut below) = (Vec::new(), Vec::new(), 0_u64);
        for bucket in buckets {
            let le: BTreeMap<_, _> = bucket.labels.iter().copied().collect();
            bounds.extend(le.get("le").and_then(|bound| bound.parse::<f64>().ok()).filter(|bound| bound.is_finite()));
            let up_to: u64 = bucket.value.parse().unwrap_or(below);
            counts.push(up_to.saturating_sub(below).to_string());
            below = up_to;
        }
        json!({ "startTimeUnixNano": began, "timeUnixNano": now, "count": of("_count"),
            "sum": of("_sum").parse::<f64>().unwrap_or(0.0), "explicitBounds": bounds, "bucketCounts": counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_web::metrics::{Counter, Gauge, Histogram};

    #[test]
    fn every_number_of_the_page_is_exported_as_what_it_is() {
        let counter = Counter::labelled("sends_total", "Sends.", "outcome", "good");
        let (gauge, histogram) =
            (Gauge::new("depth", "Depth."), Histogram::new("took_seconds", "Took.", &[0.001, 0.01]));
        counter.add(3);
        gauge.set(-2);
        for us in [500, 5_000, 20_000, 30_000] {
            histogram.observe(Duration::from_micros(us));
        }
        let mut page = String::new();
        [&counter as &dyn Metric, &gauge, &histogram].iter().for_each(|metric| metric.write(&mut page));
        let document = document(&page, "1", "2");
        let metrics = &document["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
        let time = |mut point: Value| {
            point["startTimeUnixNano"] = "1".into();
            point["timeUnixNano"] = "2".into();
            point
        };
        let good =
            time(json!({ "attributes": [{ "key": "outcome", "value": { "stringValue": "good" } }], "asInt": "3" }));
        assert_eq!(
            metrics[0],
            json!({ "name": "sends_total", "description": "Sends.",
                "sum": { "dataPoints": [good], "aggregationTemporality": 2, "isMonotonic": true } })
        );
        assert_eq!(metrics[1]["gauge"]["dataPoints"][0]["asInt"], "-2");
        assert_eq!(
            metrics[2]["histogram"]["dataPoints"][0],
            time(
                json!({ "count": "4", "sum": 0.0555, "explicitBounds": [0.001, 0.01], "bucketCounts": ["1", "1", "2"] })
            )
        );
    }

    #[test]
    fn a_route_in_braces_is_a_label_like_any_other() {
        let sample = Sample::read("requests_total{method=\"GET\",route=\"/v1/keys/{id}\",status=\"2xx\"} 4").unwrap();
        assert_eq!(sample.labels, [("method", "GET"), ("route", "/v1/keys/{id}"), ("status", "2xx")]);
        assert_eq!((sample.name, sample.value), ("requests_total", "4"));
    }
}
