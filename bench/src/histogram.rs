//! Latencies in buckets of constant relative width, as HdrHistogram has them: no allocation while measuring.

use std::time::Duration;

/// Buckets in each doubling: a value is known to 1/64, that is 1.6 %.
const STEPS: u64 = 64;
/// Doublings above the exact range; the last bucket is that of 2^36 µs, 19 hours.
const DOUBLINGS: u64 = 30;

/// How often each latency was seen, in microseconds.
#[derive(Clone)]
pub(crate) struct Histogram {
    counts: Box<[u64]>,
    total: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        let buckets = usize::try_from(STEPS * (DOUBLINGS + 1)).unwrap_or(usize::MAX);
        Self { counts: vec![0; buckets].into(), total: 0 }
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let at = bucket(micros).min(self.counts.len() - 1);
        self.counts[at] += 1;
        self.total += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
    }

    /// How many values were recorded.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The least latency that `share` (0 to 1) of the values don't exceed, in milliseconds; 0 if there are none.
    pub(crate) fn percentile_ms(&self, share: f64) -> f64 {
        let wanted = (self.total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && *count > 0 {
                return upper_end(at as u64) as f64 / 1000.0;
            }
        }
        0.0
    }
}

/// Exact below 64 µs; above, the exponent and the six bits that follow the leading one.
fn bucket(micros: u64) -> usize {
    let index = match micros.checked_ilog2() {
        Some(log) if micros >= STEPS => {
            let doubling = u64::from(log) - 5;
            doubling * STEPS + ((micros >> (log - 6)) & (STEPS - 1))
        }
        _ => micros,
    };
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// The largest value that falls into a bucket.
fn upper_end(bucket: u64) -> u64 {
    let (doubling, step) = (bucket / STEPS, bucket % STEPS);
    if doubling == 0 { step } else { ((STEPS + step + 1) << (doubling - 1)) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_falls_into_a_bucket_that_ends_at_most_a_sixty_fourth_above_it() {
        for micros in (0..5_000).chain((5_000..10_000_000).step_by(977)) {
            let end = upper_end(bucket(micros) as u64);
            assert!(end >= micros && end - micros <= micros / STEPS, "{micros} {end}");
        }
    }

    #[test]
    fn percentiles_are_those_of_the_values() {
        let mut histogram = Histogram::new();
        (1..=100).for_each(|ms| histogram.record(Duration::from_millis(ms)));
        let mut both = Histogram::new();
        both.add(&histogram);
        assert!((both.percentile_ms(0.5) - 50.0).abs() < 1.0);
        assert!((both.percentile_ms(0.99) - 99.0).abs() < 2.0);
        assert_eq!(both.total(), 100);
    }
}
