//! Numbers for Prometheus (text format 0.0.4). Labels are literals, so that nothing personal can become one.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of a latency histogram, in seconds.
pub const LATENCY_SECONDS: &[f64] =
    &[0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
/// The most buckets a histogram has.
const MAX_BUCKETS: usize = 16;

/// Something that can be shown on the metrics page.
pub trait Metric: Send + Sync {
    /// Appends its lines.
    fn write(&self, out: &mut String);
}

impl<M: Metric + ?Sized> Metric for &M {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

impl<M: Metric + ?Sized> Metric for Arc<M> {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

/// A count that only grows.
///
/// ```
/// use sealpost_web::metrics::{Counter, Metric};
/// static ACCEPTED: Counter = Counter::new("sealpost_messages_accepted_total", "Messages accepted.");
/// static FAILED: Counter = Counter::labelled("sealpost_sends_total", "Attempts to send.", "outcome", "failed");
/// ACCEPTED.add(2);
/// let mut page = String::new();
/// ACCEPTED.write(&mut page);
/// assert!(page.ends_with("\nsealpost_messages_accepted_total 2\n"));
/// ```
pub struct Counter {
    name: &'static str,
    help: &'static str,
    label: Option<(&'static str, &'static str)>,
    value: AtomicU64,
}

impl Counter {
    /// A counter; its name ends in `_total`.
    pub const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, label: None, value: AtomicU64::new(0) }
    }

    /// One of several counters of the same name, told apart by a label. Show them one after the other.
    pub const fn labelled(name: &'static str, help: &'static str, label: &'static str, is: &'static str) -> Self {
        Self { name, help, label: Some((label, is)), value: AtomicU64::new(0) }
    }

    /// Adds `n`.
    pub fn add(&self, n: u64) {
        self.value.fetch_add(n, Ordering::Relaxed);
    }

    /// How many so far.
    pub fn value(&self) -> u64 {
        self.value.load(Ordering::Relaxed)
    }
}

impl Metric for Counter {
    fn write(&self, out: &mut String) {
        head(out, self.name, self.help, "counter");
        sample(out, self.name, self.label, self.value());
    }
}

/// A number that rises and falls.
pub struct Gauge {
    name: &'static str,
    help: &'static str,
    label: Option<(&'static str, &'static str)>,
    value: AtomicI64,
}

impl Gauge {
    /// A gauge at nought.
    pub const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, label: None, value: AtomicI64::new(0) }
    }

    /// One of several gauges of the same name, told apart by a label. Show them one after the other.
    pub const fn labelled(name: &'static str, help: &'static str, label: &'static str, is: &'static str) -> Self {
        Self { name, help, label: Some((label, is)), value: AtomicI64::new(0) }
    }

    /// Adds `n`, which may be negative.
    pub fn add(&self, n: i64) {
        self.value.fetch_add(n, Ordering::Relaxed);
    }

    /// Sets it.
    pub fn set(&self, to: i64) {
        self.value.store(to, Ordering::Relaxed);
    }
}

impl Metric for Gauge {
    fn write(&self, out: &mut String) {
        head(out, self.name, self.help, "gauge");
        sample(out, self.name, self.label, self.value.load(Ordering::Relaxed));
    }
}

/// How long things take, or how much of something there is at once.
pub struct Histogram {
    name: &'static str,
    help: &'static str,
    bounds: &'static [f64],
    buckets: [AtomicU64; MAX_BUCKETS],
    /// In millionths.
    sum: AtomicU64,
}

impl Histogram {
    /// A histogram with these upper bounds (ascending, at most 15); see [`LATENCY_SECONDS`] for one of seconds.
    pub const fn new(name: &'static str, help: &'static str, bounds: &'static [f64]) -> Self {
        assert!(bounds.len() < MAX_BUCKETS, "a histogram has at most 15 bounds");
        Self { name, help, bounds, buckets: [const { AtomicU64::new(0) }; MAX_BUCKETS], sum: AtomicU64::new(0) }
    }

    /// Counts one thing that took this long.
    pub fn observe(&self, took: Duration) {
        self.count(took.as_secs_f64(), u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts one occasion on which there were so many.
    pub fn observe_count(&self, n: usize) {
        self.count(n as f64, (n as u64).saturating_mul(1_000_000));
    }

    fn count(&self, value: f64, millionths: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(millionths, Ordering::Relaxed);
    }
}

impl Metric for Histogram {
    fn write(&self, out: &mut String) {
        head(out, self.name, self.help, "histogram");
        let mut count = 0;
        for (bound, bucket) in self.bounds.iter().zip(&self.buckets) {
            count += bucket.load(Ordering::Relaxed);
            let _ = writeln!(out, "{}_bucket{{le=\"{bound}\"}} {count}", self.name);
        }
        count += self.buckets[self.bounds.len()].load(Ordering::Relaxed);
        let sum = Duration::from_micros(self.sum.load(Ordering::Relaxed)).as_secs_f64();
        let _ = writeln!(out, "{0}_bucket{{le=\"+Inf\"}} {count}\n{0}_sum {sum}\n{0}_count {count}", self.name);
    }
}

fn sample(out: &mut String, name: &str, label: Option<(&str, &str)>, value: impl std::fmt::Display) {
    // Writing to a string can't fail.
    let _ = match label {
        Some((label, is)) => writeln!(out, "{name}{{{label}=\"{is}\"}} {value}"),
        None => writeln!(out, "{name} {value}"),
    };
}

/// Written once for each name; metrics of one name stand together.
fn head(out: &mut String, name: &str, help: &str, kind: &str) {
    let line = format!("# TYPE {name} {kind}\n");
    if !out.contains(&line) {
        let _ = write!(out, "# HELP {name} {help}\n{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_a_bound_is_inside() {
        static TOOK: Histogram = Histogram::new("took_seconds", "Took.", &[0.001, 0.01]);
        for us in [500, 1_000, 5_000, 20_000] {
            TOOK.observe(Duration::from_micros(us));
        }
        let mut page = String::new();
        TOOK.write(&mut page);
        assert_eq!(
            page,
            "# HELP took_seconds Took.\n# TYPE took_seconds histogram\ntook_seconds_bucket{le=\"0.001\"} 2\n\
             took_seconds_bucket{le=\"0.01\"} 3\ntook_seconds_bucket{le=\"+Inf\"} 4\ntook_seconds_sum 0.0265\ntook_seconds_count 4\n"
        );
    }

    #[test]
    fn counters_of_one_name_share_their_head() {
        static GOOD: Counter = Counter::labelled("sends_total", "Sends.", "outcome", "good");
        static BAD: Counter = Counter::labelled("sends_total", "Sends.", "outcome", "bad");
        GOOD.add(3);
        let mut page = String::new();
        GOOD.write(&mut page);
        BAD.write(&mut page);
        assert_eq!(
            page,
            "# HELP sends_total Sends.\n# TYPE sends_total counter\nsends_total{outcome=\"good\"} 3\nsends_total{outcome=\"bad\"} 0\n"
        );
    }
}
