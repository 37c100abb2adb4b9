//! Whether an endpoint may be called: verified, and its breaker.
//!
//! The breaker's numbers are those receivers know from others (Convoy's defaults: 5 minutes, at least 10 calls, 70 % failed).

use sealpost_store::Time;

use super::model::State;

/// Failures are counted over so many milliseconds.
pub(super) const WINDOW_MS: i64 = 5 * 60_000;
/// Fewer calls than this say nothing.
const FEWEST: u32 = 10;
/// Failed calls of a hundred that open the breaker.
const OPENS_AT_PERCENT: u32 = 70;
/// How long an open breaker waits before it lets one call probe.
pub(super) const PROBE_MS: i64 = 30_000;
/// An endpoint that has failed for so long is disabled: five days, as long as the schedule has attempts left for.
pub(super) const DISABLE_AFTER_MS: i64 = 5 * 24 * 3_600_000;

/// Calls of the current window, in memory: a restart forgets them and loses nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Recent {
    since: Option<Time>,
    calls: u32,
    failed: u32,
}

/// What to do with a call now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Call.
    Open,
    /// Not before this time.
    Later(Time),
    /// Never: pending, disabled or gone.
    Closed,
}

/// May the endpoint be called? `probing_since` is when a probe was last let through.
pub(super) fn gate(state: &State, probing_since: Option<Time>, now: Time) -> Gate {
    match state {
        State::Active => Gate::Open,
        State::Failing { .. } => match probing_since {
            Some(probe) if now.since(probe) < PROBE_MS => Gate::Later(probe.plus_ms(PROBE_MS)),
            _ => Gate::Open,
        },
        State::Pending | State::Disabled { .. } => Gate::Closed,
    }
}

/// How a call changes the window, and the state if it does.
pub(super) fn after_call(state: &State, recent: &mut Recent, succeeded: bool, now: Time) -> Option<State> {
    if recent.since.is_none_or(|since| now.since(since) > WINDOW_MS) {
        *recent = Recent { since: Some(now), calls: 0, failed: 0 };
    }
    recent.calls += 1;
    recent.failed += u32::from(!succeeded);
    match state {
        State::Failing { .. } if succeeded => {
            *recent = Recent::default();
            Some(State::Active)
        }
        State::Failing { since } if now.since(*since) >= DISABLE_AFTER_MS => {
            Some(State::Disabled { since: now, reason: "failing" })
        }
        State::Active if recent.calls >= FEWEST && recent.failed * 100 >= recent.calls * OPENS_AT_PERCENT => {
            Some(State::Failing { since: now })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_ms(1_768_469_400_000);

    fn run(state: &mut State, recent: &mut Recent, outcomes: &[bool]) {
        for succeeded in outcomes {
            if let Some(next) = after_call(state, recent, *succeeded, NOW) {
                *state = next;
            }
        }
    }

    #[test]
    fn a_few_failures_do_not_open_the_breaker_and_most_of_ten_do() {
        let (mut state, mut recent) = (State::Active, Recent::default());
        run(&mut state, &mut recent, &[false; 9]);
        assert_eq!(state, State::Active);
        run(&mut state, &mut recent, &[false]);
        assert_eq!(state, State::Failing { since: NOW });
    }

    #[test]
    fn a_healthy_majority_keeps_it_closed() {
        let (mut state, mut recent) = (State::Active, Recent::default());
        for _ in 0..50 {
            run(&mut state, &mut recent, &[true, false]);
        }
        assert_eq!(state, State::Active);
    }

    #[test]
    fn an_open_breaker_lets_one_probe_through_and_closes_on_success() {
        let (mut state, mut recent) = (State::Failing { since: NOW }, Recent::default());
        assert_eq!(gate(&state, None, NOW), Gate::Open);
        assert_eq!(gate(&state, Some(NOW), NOW.plus_ms(1)), Gate::Later(NOW.plus_ms(PROBE_MS)));
        assert_eq!(gate(&state, Some(NOW), NOW.plus_ms(PROBE_MS)), Gate::Open);
        run(&mut state, &mut recent, &[true]);
        assert_eq!(state, State::Active);
    }

    #[test]
    fn five_failing_days_disable_it() {
        let state = State::Failing { since: NOW };
        let later = NOW.plus_ms(DISABLE_AFTER_MS);
        let next = after_call(&state, &mut Recent::default(), false, later);
        assert_eq!(next, Some(State::Disabled { since: later, reason: "failing" }));
    }

    #[test]
    fn what_is_not_verified_is_never_called() {
        assert_eq!(gate(&State::Pending, None, NOW), Gate::Closed);
        assert_eq!(gate(&State::Disabled { since: NOW, reason: "gone" }, None, NOW), Gate::Closed);
    }
}
