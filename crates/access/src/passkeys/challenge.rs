//! Challenges: 32 bytes that say when and for whom they were made.
//!
//! `random (16) ‖ unix seconds (6) ‖ HMAC(ceremony ‖ random ‖ seconds)[..10]`. Nobody without the key makes one, so nothing has to be
//! stored for those that nobody answers; the answer that is believed is remembered until its challenge is too old.

use sealpost_seal::token::mac_eq;
use sealpost_seal::{Key, Rng};
use sealpost_store::Time;

/// How long a challenge may be answered.
pub(super) const GOOD_FOR_MS: i64 = 2 * 60_000;
const RANDOM: usize = 16;
const SECONDS: usize = 6;
const TAG: usize = 10;

/// For what a challenge is, and for whom: the CSRF token of their session or visit, which nobody else has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To register a passkey.
    Register,
    /// To sign in.
    SignIn,
    /// To prove anew that it is them.
    Prove,
}

impl Purpose {
    const fn word(self) -> &'static [u8] {
        match self {
            Self::Register => b"register",
            Self::SignIn => b"sign_in",
            Self::Prove => b"prove",
        }
    }
}

/// Makes challenges, and knows them again.
pub(super) struct Challenges(Key);

impl Challenges {
    pub(super) fn new(pepper: &Key) -> Self {
        Self(pepper.derive("passkey-challenge", &[]))
    }

    pub(super) fn make(&self, purpose: Purpose, whom: &str, now: Time, rng: &dyn Rng) -> [u8; 32] {
        let mut challenge = [0; 32];
        rng.fill(&mut challenge[..RANDOM]);
        let seconds = u64::try_from(now.unix_ms() / 1000).unwrap_or_default().to_be_bytes();
        challenge[RANDOM..RANDOM + SECONDS].copy_from_slice(&seconds[8 - SECONDS..]);
        let tag = self.tag(purpose, whom, &challenge[..RANDOM + SECONDS]);
        challenge[RANDOM + SECONDS..].copy_from_slice(&tag[..TAG]);
        challenge
    }

    /// When it is too old, if this is one of ours, for this and for them, and not too old yet.
    pub(super) fn good_until(&self, challenge: &[u8], purpose: Purpose, whom: &str, now: Time) -> Option<Time> {
        let (clear, tag) = challenge.split_at_checked(RANDOM + SECONDS)?;
        let (mut expected, mut presented) = ([0; 32], [0; 32]);
        expected[..TAG].copy_from_slice(&self.tag(purpose, whom, clear)[..TAG]);
        presented.get_mut(..TAG)?.copy_from_slice(tag.get(..TAG)?);
        let seconds = clear[RANDOM..].iter().fold(0_i64, |all, byte| all << 8 | i64::from(*byte));
        let (made, until) = (Time::from_unix_ms(seconds * 1000), Time::from_unix_ms(seconds * 1000 + GOOD_FOR_MS));
        let good = tag.len() == TAG && mac_eq(&expected, &presented) && made <= now && now < until;
        good.then_some(until)
    }

    fn tag(&self, purpose: Purpose, whom: &str, clear: &[u8]) -> [u8; 32] {
        let length = (whom.len() as u32).to_be_bytes();
        self.0.mac(&[purpose.word(), b":", &length, whom.as_bytes(), clear])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sealpost_seal::SystemRng;

    use super::*;

    const NOW: Time = Time::from_unix_ms(1_768_469_400_000);

    fn challenges() -> Challenges {
        Challenges::new(&Key::from_bytes([1; 32]))
    }

    #[test]
    fn a_challenge_is_good_for_two_minutes_for_one_thing_and_one_person() {
        let ours = challenges();
        let challenge = ours.make(Purpose::SignIn, "ada", NOW, &SystemRng);
        let good = |purpose, whom, now| ours.good_until(&challenge, purpose, whom, now).is_some();
        assert!(good(Purpose::SignIn, "ada", NOW) && good(Purpose::SignIn, "ada", NOW.plus_ms(GOOD_FOR_MS - 1)));
        assert!(!good(Purpose::SignIn, "ada", NOW.plus_ms(GOOD_FOR_MS)));
        assert!(!good(Purpose::SignIn, "ada", NOW.plus_ms(-1)));
        assert!(!good(Purpose::Prove, "ada", NOW) && !good(Purpose::SignIn, "eve", NOW));
        let other = Challenges::new(&Key::from_bytes([2; 32]));
        assert!(other.good_until(&challenge, Purpose::SignIn, "ada", NOW).is_none());
        assert_ne!(challenge, ours.make(Purpose::SignIn, "ada", NOW, &SystemRng));
    }

    proptest! {
        #[test]
        fn one_wrong_byte_makes_it_nobodys(at in 0_usize..32, to: u8) {
            let (ours, mut challenge) = (challenges(), challenges().make(Purpose::SignIn, "ada", NOW, &SystemRng));
            let same = challenge[at] == to;
            challenge[at] = to;
            prop_assert_eq!(ours.good_until(&challenge, Purpose::SignIn, "ada", NOW).is_some(), same);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            prop_assert!(challenges().good_until(&bytes, Purpose::SignIn, "ada", NOW).is_none());
        }
    }
}
