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

/// A version, as far as it matters here: what tells its value from others, since when it is there, and until when.
pub(super) type Lived = (Option<[u8; 4]>, Time, Option<Time>);

/// Since when there has been a version with a value that may be used `now`; nothing if none may. The same value may have been brought in
/// before, and of a version without a fingerprint nobody knows.
pub(super) fn usable_since(versions: &[Lived], now: Time) -> Option<Time> {
    let usable = || versions.iter().filter(|(_, _, ends)| is_usable(*ends, now)).map(|(mark, ..)| mark);
    let may_be_one = |mark: &Option<[u8; 4]>| usable().any(|one| mark.is_none() || one.is_none() || one == mark);
    versions.iter().filter(|(mark, ..)| may_be_one(mark)).map(|(_, since, _)| *since).min()
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

    #[test]
    fn a_value_is_usable_since_it_was_there_for_the_first_time() {
        let version =
            |mark: Option<u8>, since, ends: Option<i64>| (mark.map(|mark| [mark; 4]), at(since), ends.map(at));
        let since = |versions: &[Lived]| usable_since(versions, at(100)).map(Time::unix_ms);
        assert_eq!(
            since(&[version(Some(2), 50, None), version(Some(1), 10, Some(60))]),
            Some(50),
            "the older one is over"
        );
        assert_eq!(since(&[version(Some(2), 50, None), version(Some(1), 10, Some(101))]), Some(10), "not yet");
        assert_eq!(
            since(&[version(Some(1), 50, None), version(Some(1), 10, Some(60))]),
            Some(10),
            "the same once more"
        );
        assert_eq!(since(&[version(None, 50, None), version(Some(1), 10, Some(60))]), Some(10), "nobody knows");
        assert_eq!(since(&[version(Some(2), 50, None), version(None, 10, Some(60))]), Some(10), "nobody knows");
        assert_eq!(since(&[version(Some(1), 10, Some(60))]), None);
    }
}
