//! Randomness as a parameter: the system's generator in production, a seeded one
//! in tests and in the simulation. Ambient randomness is banned everywhere else.

use crate::fault::or_abort;

/// A source of bytes nobody can predict.
pub trait Rng: Send + Sync {
    /// Overwrites all of `out` with random bytes.
    ///
    /// There is no error: an implementation that can't deliver must not return.
    fn fill(&self, out: &mut [u8]);
}

/// The generator of aws-lc, seeded by the operating system.
///
/// When the operating system can't deliver, the process **aborts**: a key, nonce or
/// token made of anything else would look right and protect nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for chance")]
    fn fill(&self, out: &mut [u8]) {
        or_abort(aws_lc_rs::rand::fill(out), "the system's random generator");
    }
}

/// `N` random bytes.
pub fn array<const N: usize>(rng: &dyn Rng) -> [u8; N] {
    let mut out = [0; N];
    rng.fill(&mut out);
    out
}

#[cfg(test)]
pub(crate) mod seeded {
    use super::Rng;
    use crate::key::sha256;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Repeatable bytes for tests: SHA-256 in counter mode over a seed.
    pub(crate) struct SeededRng {
        seed: u64,
        block: AtomicU64,
    }

    impl SeededRng {
        pub(crate) fn new(seed: u64) -> Self {
            Self { seed, block: AtomicU64::new(0) }
        }
    }

    impl Rng for SeededRng {
        fn fill(&self, out: &mut [u8]) {
            for chunk in out.chunks_mut(32) {
                let block = self.block.fetch_add(1, Ordering::Relaxed);
                let bytes = sha256(&[&self.seed.to_be_bytes(), &block.to_be_bytes()]);
                chunk.copy_from_slice(&bytes[..chunk.len()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        assert_ne!(array::<32>(&SystemRng), array::<32>(&SystemRng));
    }

    #[test]
    fn a_seed_replays_exactly() {
        let draw = || array::<100>(&seeded::SeededRng::new(7));
        assert_eq!(draw(), draw());
    }
}
