//! Repeatable chance: seeds are printed.

use sealpost_seal::rng::{Rng, array};
use sealpost_store::testing::SeededRng;

/// Draws from a seed.
pub(crate) struct Chance(SeededRng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SeededRng::new(seed))
    }

    pub(crate) fn number(&self) -> u64 {
        u64::from_le_bytes(array(&self.0 as &dyn Rng))
    }

    /// From 0 to `end` - 1.
    pub(crate) fn below(&self, end: u64) -> u64 {
        self.number() % end.max(1)
    }

    pub(crate) fn pick<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}
