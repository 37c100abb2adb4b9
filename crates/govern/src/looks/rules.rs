//! Days and bursts, decided without any I/O.

use sealpost_store::Time;

const DAY_MS: i64 = 86_400_000;
/// More looks than this within [`WINDOW_MS`] by one caller are a burst: faster than anybody reads.
pub(super) const BURST: usize = 20;
/// Ten minutes.
pub(super) const WINDOW_MS: i64 = 600_000;

/// The UTC day of a moment: days since 1970-01-01.
pub(crate) fn day_of(now: Time) -> i64 {
    now.unix_ms().div_euclid(DAY_MS)
}

/// Seconds until the next UTC day, 1 to 86,400.
pub(crate) fn seconds_to_midnight(now: Time) -> u32 {
    let left = DAY_MS - now.unix_ms().rem_euclid(DAY_MS);
    u32::try_from((left + 999) / 1000).unwrap_or(1)
}

/// When a caller looked lately, oldest first: enough to tell a burst.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lately(Vec<Time>);

impl Lately {
    /// As it is stored: big-endian milliseconds, one after the other.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.as_chunks().0.iter().map(|ms| Time::from_unix_ms(i64::from_be_bytes(*ms))).collect())
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|time| time.unix_ms().to_be_bytes()).collect()
    }

    /// Takes note of a look, and forgets what no burst can depend on any more.
    pub(super) fn looked(&mut self, now: Time) {
        self.0.retain(|time| time.plus_ms(WINDOW_MS) > now);
        self.0.push(now);
        let surplus = self.0.len().saturating_sub(BURST + 1);
        self.0.drain(..surplus);
    }

    /// Whether the last look makes a burst that nobody has been told of in the last [`WINDOW_MS`].
    pub(super) fn is_burst(&self, warned_at: Option<Time>, now: Time) -> bool {
        self.0.len() > BURST && warned_at.is_none_or(|at| at.plus_ms(WINDOW_MS) <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Time = Time::from_unix_ms(1_768_478_400_000);

    #[test]
    fn the_day_turns_at_midnight_utc() {
        let midnight = NOON.plus_ms(DAY_MS / 2);
        assert_eq!(day_of(midnight), day_of(NOON) + 1);
        assert_eq!(day_of(midnight.plus_ms(-1)), day_of(NOON));
        assert_eq!(seconds_to_midnight(NOON), 43_200);
        assert_eq!(seconds_to_midnight(midnight), 86_400);
        assert_eq!(seconds_to_midnight(midnight.plus_ms(-1)), 1);
    }

    #[test]
    fn twenty_one_looks_in_ten_minutes_are_a_burst_and_twenty_are_none() {
        let mut lately = Lately::default();
        for look in 1..=BURST + 1 {
            let now = NOON.plus_ms(look as i64);
            lately.looked(now);
            assert_eq!(lately.is_burst(None, now), look > BURST);
        }
        let now = NOON.plus_ms(30);
        assert!(!lately.is_burst(Some(NOON), now), "it is told once");
        assert!(lately.is_burst(Some(now.plus_ms(-WINDOW_MS)), now));
        lately.looked(NOON.plus_ms(WINDOW_MS + BURST as i64));
        assert!(!lately.is_burst(None, now), "old looks are forgotten");
    }

    #[test]
    fn looks_survive_the_database_and_do_not_grow() {
        let mut lately = Lately::default();
        for look in 0..1000 {
            lately.looked(NOON.plus_ms(look));
        }
        assert_eq!(lately.to_bytes().len(), (BURST + 1) * 8);
        assert_eq!(Lately::from_bytes(&lately.to_bytes()), lately);
    }
}
