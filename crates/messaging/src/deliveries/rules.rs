//! When to try again, and when to stop.

use sealpost_store::Time;

use crate::endpoints::Schedule;

/// The `standard` schedule: when each attempt is made, after the one before it, in milliseconds (parity E09).
pub(crate) const STANDARD: [i64; 10] = [
    0,
    5_000,
    30_000,
    2 * 60_000,
    10 * 60_000,
    30 * 60_000,
    2 * 3_600_000,
    6 * 3_600_000,
    12 * 3_600_000,
    24 * 3_600_000,
];

/// The longest a receiver's `Retry-After` is obeyed.
const MOST_PATIENCE_MS: i64 = 24 * 3_600_000;

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The receiver took it: 2xx.
    Delivered,
    /// Worth another try, not before so many milliseconds if the receiver said so.
    Retry {
        /// From `Retry-After`.
        after_ms: Option<i64>,
    },
    /// The receiver wants no more of these: 410.
    Gone,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Done.
    Settle,
    /// Try again at this time.
    At(Time),
    /// No more attempts: into the dead letters.
    Dead,
}

/// What an HTTP status means for a delivery: 2xx is taken, 410 ends the subscription, anything else (redirects too, which
/// nobody follows) is worth another try.
pub(super) fn verdict(status: u16, retry_after_s: Option<u32>) -> Verdict {
    match status {
        200..=299 => Verdict::Delivered,
        410 => Verdict::Gone,
        _ => Verdict::Retry { after_ms: retry_after_s.map(|s| i64::from(s).saturating_mul(1000)) },
    }
}

/// What comes after attempt number `attempt` (from 1) ended at `now` with `verdict`: by the endpoint's `own` schedule if it has one.
/// `jitter` is a random number; waits are spread by ±20 % so that receivers that fell over together are not hit together.
pub(super) fn next(attempt: u32, verdict: Verdict, own: Option<&Schedule>, now: Time, jitter: u32) -> Next {
    let after_ms = match verdict {
        Verdict::Delivered => return Next::Settle,
        Verdict::Gone => return Next::Dead,
        Verdict::Retry { after_ms } => after_ms.unwrap_or(0).clamp(0, MOST_PATIENCE_MS),
    };
    let wait = match own {
        Some(own) => own.after(attempt),
        None => STANDARD.get(attempt as usize).copied(),
    };
    match wait {
        Some(wait) => Next::At(now.plus_ms(spread(wait, jitter).max(after_ms))),
        None => Next::Dead,
    }
}

/// How many attempts are left after so many.
pub(super) fn left(attempts: u32, own: Option<&Schedule>) -> usize {
    own.map_or(STANDARD.len(), Schedule::attempts).saturating_sub(attempts as usize)
}

fn spread(wait: i64, jitter: u32) -> i64 {
    let percent = i64::from(jitter % 41) - 20;
    wait.saturating_add(wait.saturating_mul(percent) / 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Time = Time::from_unix_ms(1_768_469_400_000);

    #[test]
    fn ten_attempts_and_then_the_dead_letters() {
        let failed = Verdict::Retry { after_ms: None };
        let retries = (1..).take_while(|n| next(*n, failed, None, NOW, 20) != Next::Dead).count();
        assert_eq!(retries + 1, STANDARD.len());
    }

    #[test]
    fn without_jitter_the_waits_are_the_schedule() {
        for (attempt, wait) in STANDARD.iter().enumerate().skip(1) {
            assert_eq!(
                next(attempt as u32, Verdict::Retry { after_ms: None }, None, NOW, 20),
                Next::At(NOW.plus_ms(*wait))
            );
        }
    }

    #[test]
    fn gone_ends_it_and_any_2xx_settles_it() {
        assert_eq!(next(1, verdict(410, None), None, NOW, 0), Next::Dead);
        for status in [200, 201, 204, 299] {
            assert_eq!(next(1, verdict(status, None), None, NOW, 0), Next::Settle);
        }
        for status in [301, 302, 400, 404, 429, 500, 503] {
            assert!(matches!(next(1, verdict(status, None), None, NOW, 0), Next::At(_)));
        }
    }

    #[test]
    fn retry_after_is_a_lower_bound_with_an_end() {
        assert_eq!(next(1, verdict(503, Some(3600)), None, NOW, 0), Next::At(NOW.plus_ms(3_600_000)));
        assert_eq!(next(1, verdict(503, Some(u32::MAX)), None, NOW, 0), Next::At(NOW.plus_ms(MOST_PATIENCE_MS)));
        assert!(matches!(next(9, verdict(503, Some(1)), None, NOW, 0), Next::At(at) if at.since(NOW) > 3_600_000));
    }

    proptest! {
        #[test]
        fn jitter_stays_within_a_fifth(attempt in 1_u32..10, jitter: u32) {
            let Next::At(at) = next(attempt, Verdict::Retry { after_ms: None }, None, NOW, jitter) else { panic!() };
            let wait = STANDARD[attempt as usize];
            prop_assert!((at.since(NOW) - wait).abs() <= wait / 5);
        }
    }
}
