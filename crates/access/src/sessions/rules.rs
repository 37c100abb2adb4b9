//! Decisions about sessions, as plain functions.

use sealpost_store::Time;

use super::model::SessionRow;
use crate::members::MemberState;
use crate::roles::SessionLimits;

/// How old what is known of a session's use may get before it is written down.
const SEEN_TO_THE_MS: i64 = 60_000;

/// Whether a session is still good. `seen_at` is its last use as far as is known.
pub(super) fn is_alive(
    session: &SessionRow,
    seen_at: Time,
    member: MemberState,
    limits: SessionLimits,
    now: Time,
) -> bool {
    session.ended.is_none()
        && member == MemberState::Active
        && now.since(session.created_at) < limits.absolute.ms()
        && now.since(seen_at) < limits.idle.ms()
}

/// Whether it is time to write down that a session is in use.
pub(super) fn is_to_be_seen(seen_at: Time, now: Time) -> bool {
    now.since(seen_at) >= SEEN_TO_THE_MS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sealpost_store::{MemberId, SessionId};

    use super::*;
    use crate::roles::Minutes;
    use crate::sessions::{Agent, Ended, Method};

    fn session(created_at: Time) -> SessionRow {
        SessionRow {
            id: SessionId::from_bytes([1; 16]),
            member: MemberId::from_bytes([2; 16]),
            method: Method::OperatorLink,
            agent: Agent::of(None),
            network: [0; 8],
            created_at,
            seen_at: created_at,
            proved_at: None,
            ended: None,
        }
    }

    fn limits(idle: u16, absolute: u16) -> SessionLimits {
        SessionLimits { idle: Minutes::new(idle), absolute: Minutes::new(absolute) }
    }

    proptest! {
        #[test]
        fn a_session_lives_as_long_as_both_limits_allow_and_no_longer(
            idle in 1_u16..=1440, absolute in 1_u16..=1440, used_after in 0_i64..90_000_000, asked_after in 0_i64..90_000_000,
        ) {
            let created = Time::from_unix_ms(1_000);
            let (seen, now) = (created.plus_ms(used_after), created.plus_ms(used_after + asked_after));
            let alive = is_alive(&session(created), seen, MemberState::Active, limits(idle, absolute), now);
            let within = used_after + asked_after < i64::from(absolute) * 60_000 && asked_after < i64::from(idle) * 60_000;
            prop_assert_eq!(alive, within);
        }

        #[test]
        fn what_is_ended_or_suspended_is_over_at_any_time(after in 0_i64..90_000_000) {
            let created = Time::from_unix_ms(1_000);
            let now = created.plus_ms(after);
            let ended = SessionRow { ended: Some((now, Ended::Revoked)), ..session(created) };
            prop_assert!(!is_alive(&ended, now, MemberState::Active, SessionLimits::LONGEST, now));
            prop_assert!(!is_alive(&session(created), now, MemberState::Suspended, SessionLimits::LONGEST, now));
        }
    }
}
