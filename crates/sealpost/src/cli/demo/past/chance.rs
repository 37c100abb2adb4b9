//! Chance that falls the same way every time, so that the same day looks the same again. It decides what happens in the story and
//! nothing else: keys, ids and secrets come from the system's generator.

/// SplitMix64 (Steele, Lea and Flood 2014).
pub(super) struct Chance(u64);

impl Chance {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if that is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// A number from `from` up to and without `to`.
    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(u64::try_from(to - from).unwrap_or(0))).unwrap_or(0)
    }

    /// One of these.
    pub(super) fn one<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(usize::try_from(self.below(all.len() as u64)).unwrap_or(0))
    }

    /// An index, as often as its weight says.
    pub(super) fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        weights.iter().position(|weight| left.checked_sub(*weight).map(|rest| left = rest).is_none()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_falls_the_same_way_every_time_and_within_its_bounds() {
        let run = || {
            let mut chance = Chance::new(7);
            (0..1000).map(|_| (chance.between(5, 9), chance.weighted(&[0, 3, 1]))).collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
        assert!(run().iter().all(|(number, _)| (5..9).contains(number)));
        let ones = run().iter().filter(|(_, index)| *index == 1).count();
        assert!((680..820).contains(&ones) && run().iter().all(|(_, index)| *index != 0), "{ones}");
    }
}
