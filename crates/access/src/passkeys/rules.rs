//! Decisions about passkeys, as plain functions.

use sealpost_store::Time;
use sealpost_web::Session;

/// Passkeys a member has at most.
pub(super) const MOST: usize = 20;

/// Whether a session may register a passkey: it was begun for nothing else, or its member has proved lately that it is them, or there
/// is nothing yet that they could prove it with.
pub(super) fn may_register(session: &Session, passkeys: usize, now: Time) -> bool {
    session.confined || passkeys == 0 || session.proved_lately(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_finds_a_session_open_does_not_leave_a_passkey_in_it() {
        let now = Time::from_unix_ms(10 * 60_000);
        let session = |confined, proved_at| Session { id: [1; 16], proved_at, always_proves: false, confined };
        assert!(!may_register(&session(false, None), 1, now));
        assert!(!may_register(&session(false, Some(Time::from_unix_ms(0))), 1, now));
        assert!(may_register(&session(false, Some(now)), 1, now));
        assert!(may_register(&session(false, None), 0, now));
        assert!(may_register(&session(true, None), 1, now));
    }
}
