//! Slots of time, and what is counted in them.

use sealpost_store::Time;

use super::rules;
use crate::audit::{ActorWord, ResultWord};

/// Milliseconds in a slot: a quarter of an hour.
pub const SLOT_MS: i64 = 15 * 60_000;

/// A quarter of an hour, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub(super) i64);

impl Slot {
    /// The slot of a moment.
    pub const fn of(time: Time) -> Self {
        Self(time.unix_ms().div_euclid(SLOT_MS))
    }

    /// When it begins.
    pub const fn begin(self) -> Time {
        Time::from_unix_ms(self.0.saturating_mul(SLOT_MS))
    }

    /// So many slots later, or earlier.
    pub const fn plus(self, slots: i64) -> Self {
        Self(self.0.saturating_add(slots))
    }
}

/// A stretch of time, cut into equal steps of whole slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first slot.
    pub from: Slot,
    /// The slot after its last.
    pub to: Slot,
    /// Slots in a step.
    pub step: i64,
}

impl Span {
    /// `steps` steps of `step` slots each, the last of which holds `now`. Steps begin where the clock shows a multiple of them.
    pub fn until(now: Time, steps: i64, step: i64) -> Self {
        let step = step.max(1);
        let to = Slot::of(now).0.div_euclid(step).saturating_add(1).saturating_mul(step);
        Self { from: Slot(to.saturating_sub(steps.max(1).saturating_mul(step))), to: Slot(to), step }
    }

    /// How many steps it has.
    pub fn steps(&self) -> usize {
        usize::try_from((self.to.0 - self.from.0).div_euclid(self.step)).unwrap_or_default()
    }

    /// When step `at` begins.
    pub fn begin(&self, at: usize) -> Time {
        self.from.plus(i64::try_from(at).unwrap_or(i64::MAX).saturating_mul(self.step)).begin()
    }

    /// In which step a number of the database lies.
    pub(super) fn index(&self, step: i64) -> usize {
        usize::try_from(step - self.from.0.div_euclid(self.step)).unwrap_or(usize::MAX)
    }
}

/// How often something happened in one step of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Which step.
    pub step: usize,
    /// What was done: `message.deliver`.
    pub action: String,
    /// By what kind of party.
    pub actor: ActorWord,
    /// How it ended.
    pub result: ResultWord,
    /// How often.
    pub count: u64,
}

/// How long things took in one step of a span: a histogram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ages(pub(super) Vec<(i64, u64)>);

impl Ages {
    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// Within how many milliseconds this share of them (between 0 and 1) was done, give or take a tenth.
    pub fn within(&self, share: f64) -> Option<f64> {
        rules::quantile(&self.0, share)
    }

    /// Some that took so many milliseconds, for tests.
    #[doc(hidden)]
    pub fn sample(durations: &[(i64, u64)]) -> Self {
        let mut buckets: Vec<(i64, u64)> = durations.iter().map(|(ms, count)| (rules::bucket(*ms), *count)).collect();
        buckets.sort_unstable();
        Self(buckets)
    }

    /// Both together.
    pub fn plus(mut self, other: &Self) -> Self {
        for (bucket, count) in &other.0 {
            match self.0.binary_search_by_key(bucket, |(bucket, _)| *bucket) {
                Ok(at) => self.0[at].1 += count,
                Err(at) => self.0.insert(at, (*bucket, *count)),
            }
        }
        self
    }
}
