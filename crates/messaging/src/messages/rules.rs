//! Decisions about messages, as pure functions.

use sealpost_store::{Environment, Time};
use serde::Serialize;

use super::model::State;

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Route {
    /// Into the sandbox outbox: nobody real is reached.
    Sandbox,
    /// To the channel's provider.
    Provider,
}

/// The environment rule: the test environment never reaches a real person.
pub(super) const fn route(environment: Environment) -> Route {
    match environment {
        Environment::Test => Route::Sandbox,
        Environment::Live => Route::Provider,
    }
}

/// Why a message may be sent: recorded with it, so that the question has an answer later. Never personal.
#[derive(Serialize)]
pub(super) struct Decision {
    /// Always true for a stored message: a refused one is not stored.
    pub allowed: bool,
    /// On what ground: the event's class.
    pub basis: &'static str,
    /// Where it may go.
    pub route: Route,
    /// What was looked at.
    pub checks: [Check; 3],
}

/// One thing that was looked at.
#[derive(Serialize)]
pub(super) struct Check {
    /// The rule.
    pub rule: &'static str,
    /// What it found.
    pub result: &'static str,
}

/// The decision for a message that passed every gate.
pub(super) const fn allow(basis: &'static str, environment: Environment) -> Decision {
    let reach = match environment {
        Environment::Test => "sandbox_only",
        Environment::Live => "live",
    };
    Decision {
        allowed: true,
        basis,
        route: route(environment),
        checks: [
            Check { rule: "environment", result: reach },
            Check { rule: "suppression", result: "not_suppressed" },
            Check { rule: "card_number", result: "none_found" },
        ],
    }
}

/// What to do with a message whose dispatch begins, or begins again after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// Ask the provider.
    Attempt,
    /// Its time has passed.
    Expire,
    /// The process died while the provider was being asked, and asking again might send it twice.
    Lost,
    /// Somebody else brought it to its end.
    Nothing,
}

/// Whether a message of this class is sent again if nobody knows whether it was sent: a second code does no harm, a second
/// statement or advertisement does (security R06).
pub(super) fn may_repeat(class: &str) -> bool {
    class == "otp"
}

/// How dispatch goes on from `state`, also after a crash in the middle of an attempt.
pub(super) fn opening(state: State, class: &str, send_before: Option<Time>, now: Time) -> Opening {
    match state {
        State::Queued if send_before.is_some_and(|end| now > end) => Opening::Expire,
        State::Queued => Opening::Attempt,
        State::Sending if may_repeat(class) && send_before.is_none_or(|end| now <= end) => Opening::Attempt,
        State::Sending => Opening::Lost,
        _ => Opening::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_ms(1_768_469_400_000);

    #[test]
    fn test_never_reaches_a_real_person() {
        assert_eq!(route(Environment::Test), Route::Sandbox);
        assert_eq!(route(Environment::Live), Route::Provider);
    }

    #[test]
    fn after_a_crash_only_an_otp_is_sent_again() {
        assert_eq!(opening(State::Sending, "otp", None, NOW), Opening::Attempt);
        assert_eq!(opening(State::Sending, "transactional", None, NOW), Opening::Lost);
        assert_eq!(opening(State::Sending, "marketing", None, NOW), Opening::Lost);
    }

    #[test]
    fn what_is_late_is_dropped_and_not_late() {
        let before = Some(NOW.plus_ms(-1));
        assert_eq!(opening(State::Queued, "otp", before, NOW), Opening::Expire);
        assert_eq!(opening(State::Sending, "otp", before, NOW), Opening::Lost);
        assert_eq!(opening(State::Queued, "otp", Some(NOW), NOW), Opening::Attempt);
    }

    #[test]
    fn a_finished_message_is_left_alone() {
        for state in State::ALL.into_iter().filter(|state| state.is_final()) {
            assert_eq!(opening(state, "otp", None, NOW), Opening::Nothing);
        }
    }
}
