//! How fast keys are wrapped anew: never so fast that whoever accepts messages waits for it.

use std::sync::Arc;
use std::time::Duration;

use sealpost_store::{Clock, Time};

/// Slots wrapped anew in one transaction: at first, and between which numbers that moves.
const FIRST: u32 = 64;
const FEWEST: u32 = 16;
const MOST: u32 = 256;
/// Others wait for a batch that takes longer than this: the next is half as large.
const TOO_LONG_MS: i64 = 8;
/// One that takes no longer than this does next to nothing: the next is twice as large.
const QUICK_MS: i64 = 3;
/// The shortest rest, and the longest: a clock that was set is no batch.
const REST_MS: std::ops::RangeInclusive<i64> = 2..=1_000;

/// Works for as long as it rests.
pub(super) struct Pace {
    clock: Arc<dyn Clock>,
    at_once: u32,
}

impl Pace {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, at_once: FIRST }
    }

    /// How many slots are in the next batch.
    pub(super) fn at_once(&self) -> u32 {
        self.at_once
    }

    /// A batch begins.
    pub(super) fn begin(&self) -> Time {
        self.clock.now()
    }

    /// How long to rest after a batch that began then: as long as it took. On half of the time there is others are alone.
    pub(super) fn rest(&mut self, begun: Time) -> Duration {
        let took = self.clock.now().since(begun);
        if took > TOO_LONG_MS {
            self.at_once = (self.at_once / 2).max(FEWEST);
        } else if (0..=QUICK_MS).contains(&took) {
            self.at_once = self.at_once.saturating_mul(2).min(MOST);
        }
        Duration::from_millis(took.clamp(*REST_MS.start(), *REST_MS.end()).unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use sealpost_store::testing::TestClock;

    use super::*;

    /// The rest after a batch that took so long, and how many slots the next has.
    fn after(pace: &mut Pace, clock: &TestClock, took: i64) -> (u128, u32) {
        let begun = pace.begin();
        clock.advance_ms(took);
        (pace.rest(begun).as_millis(), pace.at_once())
    }

    #[test]
    fn it_rests_as_long_as_a_batch_took_and_takes_less_at_once_when_that_was_long() {
        let clock = TestClock::new();
        let mut pace = Pace::new(clock.clone());
        for (took, then) in
            [(0, (2, 128)), (3, (3, 256)), (1, (2, 256)), (8, (8, 256)), (9, (9, 128)), (40, (40, 64)), (5, (5, 64))]
        {
            assert_eq!(after(&mut pace, &clock, took), then, "after {took} ms");
        }
        for _ in 0..10 {
            after(&mut pace, &clock, 100);
        }
        assert_eq!(pace.at_once(), FEWEST);
    }

    #[test]
    fn a_clock_that_is_set_makes_nobody_rest_for_hours() {
        let clock = TestClock::new();
        let mut pace = Pace::new(clock.clone());
        assert_eq!(after(&mut pace, &clock, 86_400_000).0, 1_000);
        assert_eq!(
            after(&mut pace, &clock, -86_400_000),
            (2, 32),
            "a batch can not have been quick that took less than nothing"
        );
    }
}
