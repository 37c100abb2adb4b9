//! Buckets of a histogram, and what is read from them, without any I/O.

/// Buckets to a doubling: neighbours differ by 9 %.
const PER_DOUBLING: f64 = 8.0;

/// The bucket of a duration: 0 below a millisecond.
pub(super) fn bucket(ms: i64) -> i64 {
    match ms {
        ..1 => 0,
        _ => ((ms as f64).log2() * PER_DOUBLING).floor() as i64 + 1,
    }
}

/// The middle of a bucket, in milliseconds.
fn middle(bucket: i64) -> f64 {
    match bucket {
        ..1 => 0.5,
        _ => ((bucket as f64 - 0.5) / PER_DOUBLING).exp2(),
    }
}

/// Below what the given share of a histogram (bucket and count, ascending) lies, in milliseconds; nothing of nothing.
pub(super) fn quantile(histogram: &[(i64, u64)], share: f64) -> Option<f64> {
    let all: u64 = histogram.iter().map(|(_, count)| count).sum();
    let wanted = (all as f64 * share.clamp(0.0, 1.0)).ceil().max(1.0);
    let mut seen = 0.0;
    for (bucket, count) in histogram {
        seen += *count as f64;
        if seen >= wanted {
            return Some(middle(*bucket));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_tells_a_duration_to_within_a_tenth() {
        for ms in [1, 2, 3, 7, 40, 310, 999, 12_345, 86_400_000] {
            let told = middle(bucket(ms));
            assert!((told / ms as f64 - 1.0).abs() < 0.1, "{ms} is told as {told}");
        }
        assert_eq!((bucket(0), bucket(-5), bucket(1)), (0, 0, 1));
    }

    #[test]
    fn longer_never_falls_into_an_earlier_bucket() {
        let buckets: Vec<i64> = (0..100_000).map(bucket).collect();
        assert!(buckets.is_sorted());
    }

    #[test]
    fn a_quantile_is_below_what_its_share_lies() {
        let histogram = [(bucket(100), 90), (bucket(5000), 9), (bucket(60_000), 1)];
        let within = |share| quantile(&histogram, share).unwrap();
        assert!(within(0.5) < 110.0 && within(0.9) < 110.0);
        assert!((4_500.0..5_500.0).contains(&within(0.95)));
        assert!(within(1.0) > 50_000.0 && within(0.0) < 110.0);
        assert_eq!(quantile(&[], 0.5), None);
    }
}
