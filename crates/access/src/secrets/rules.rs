//! Decisions about versions, as plain functions.

use sealpost_store::Time;

/// Whether a version that ends at `expires_at` may be used `now`.
pub(super) fn is_usable(expires_at: Option<Time>, now: Time) -> bool {
    expires_at.is_none_or(|end| now < end)
}

/// When an older version ends, once a newer one exists: no later than it would have.
pub(super) fn end_of_older(expires_at: Option<Time>, overlap_ends: Time) -> Time {
    expires_at.map_or(overlap_ends, |end| end.min(overlap_ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: i64) -> Time {
        Time::from_unix_ms(ms)
    }

    #[test]
    fn a_version_is_usable_up_to_its_end_and_not_at_it() {
        assert!(is_usable(None, at(i64::MAX)));
        assert!(is_usable(Some(at(10)), at(9)));
        assert!(!is_usable(Some(at(10)), at(10)));
    }

    #[test]
    fn rotating_again_never_prolongs_an_older_version() {
        assert_eq!(end_of_older(None, at(50)), at(50));
        assert_eq!(end_of_older(Some(at(20)), at(50)), at(20));
        assert_eq!(end_of_older(Some(at(80)), at(50)), at(50));
    }
}
