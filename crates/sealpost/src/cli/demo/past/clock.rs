//! A clock that can begin in the past, and arrives in the present for good.

use std::sync::atomic::{AtomicI64, Ordering};

use sealpost_store::{Clock, SystemClock, Time};

/// Where the clock stands once it goes as the system's does.
const PRESENT: i64 = i64::MAX;

/// A clock that somebody moves until it [arrives](Self::arrive). It never goes back, and never ahead of the system's.
pub(in crate::cli::demo) struct PastClock(AtomicI64);

impl PastClock {
    /// A clock that stands at this moment.
    pub(in crate::cli::demo) const fn at(moment: Time) -> Self {
        Self(AtomicI64::new(moment.unix_ms()))
    }

    /// Moves on to this moment, unless that is past already.
    pub(super) fn move_to(&self, moment: Time) {
        self.0.fetch_max(moment.unix_ms(), Ordering::SeqCst);
    }

    /// Moves on by so many milliseconds.
    pub(super) fn pass(&self, ms: i64) {
        self.move_to(self.now().plus_ms(ms));
    }

    /// Goes as the system's clock does from now on.
    pub(in crate::cli::demo) fn arrive(&self) {
        self.0.store(PRESENT, Ordering::SeqCst);
    }
}

impl Clock for PastClock {
    fn now(&self) -> Time {
        let present = SystemClock.now();
        match self.0.load(Ordering::SeqCst) {
            PRESENT => present,
            moment => present.min(Time::from_unix_ms(moment)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_goes_back_and_never_ahead_of_the_present() {
        let begin = SystemClock.now().plus_ms(-10_000);
        let clock = PastClock::at(begin);
        clock.pass(4_000);
        clock.move_to(begin);
        assert_eq!(clock.now(), begin.plus_ms(4_000));
        clock.move_to(begin.plus_ms(60_000));
        assert!(clock.now() <= SystemClock.now());
        let before = clock.now();
        clock.arrive();
        assert!(clock.now() >= before && SystemClock.now().since(clock.now()) < 1_000);
    }
}
