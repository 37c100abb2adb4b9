//! Challenges: 32 bytes that say when and for whom they were made.
//!
//! `random (16) ‖ unix seconds (6) ‖ HMAC(ceremony ‖ random ‖ seconds ‖ what)[..10] ‖ what`. Nobody without the key makes one, so nothing has
//! to be stored for those that nobody answers; the answer that is believed is remembered until its challenge is too old.
//!
//! `what` is nothing, or the 32 bytes of a hash: then whoever answers signs that, too, and anybody can read out of the answer what was
//! signed, without the key.

use sealpost_seal::token::mac_eq;
use sealpost_seal::{Key, Rng};
use sealpost_store::Time;

/// How long a challenge may be answered.
pub(super) const GOOD_FOR_MS: i64 = 2 * 60_000;
const RANDOM: usize = 16;
const SECONDS: usize = 6;
const TAG: usize = 10;
const PLAIN: usize = RANDOM + SECONDS + TAG;

/// What is signed by whoever answers: a hash of it.
pub type What = [u8; 32];

/// What an answer to this challenge signs besides being there; nothing, if it is a challenge like any other.
pub(super) fn what_is_signed(challenge: &[u8]) -> Option<What> {
    What::try_from(challenge.get(PLAIN..)?).ok()
}

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

    pub(super) fn make(&self, purpose: Purpose, whom: &str, now: Time, rng: &dyn Rng) -> [u8; PLAIN] {
        self.head(purpose, whom, &[], now, rng)
    }

    /// The same, and whoever answers signs this.
    pub(super) fn about(&self, purpose: Purpose, whom: &str, what: &What, now: Time, rng: &dyn Rng) -> Vec<u8> {
        [&self.head(purpose, whom, what, now, rng)[..], what].concat()
    }

    fn head(&self, purpose: Purpose, whom: &str, what: &[u8], now: Time, rng: &dyn Rng) -> [u8; PLAIN] {
        let mut challenge = [0; PLAIN];
        rng.fill(&mut challenge[..RANDOM]);
        let seconds = u64::try_from(now.unix_ms() / 1000).unwrap_or_default().to_be_bytes();
        challenge[RANDOM..RANDOM + SECONDS].copy_from_slice(&seconds[8 - SECONDS..]);
        let tag = self.tag(purpose, whom, &challenge[..RANDOM + SECONDS], what);
        challenge[RANDOM + SECONDS..].copy_from_slice(&tag[..TAG]);
        challenge
    }

    /// When it is too old, if this is one of ours, for this and for them, and not too old yet.
    pub(super) fn good_until(&self, challenge: &[u8], purpose: Purpose, whom: &str, now: Time) -> Option<Time> {
        let (head, what) = challenge.split_at_checked(PLAIN)?;
        if !what.is_empty() && what_is_signed(challenge).is_none() {
            return None;
        }
        let (clear, tag) = head.split_at_checked(RANDOM + SECONDS)?;
        let (mut expected, mut presented) = ([0; 32], [0; 32]);
        expected[..TAG].copy_from_slice(&self.tag(purpose, whom, clear, what)[..TAG]);
        presented.get_mut(..TAG)?.copy_from_slice(tag.get(..TAG)?);
        let seconds = clear[RANDOM..].iter().fold(0_i64, |all, byte| all << 8 | i64::from(*byte));
        let (made, until) = (Time::from_unix_ms(seconds * 1000), Time::from_unix_ms(seconds * 1000 + GOOD_FOR_MS));
        let good = tag.len() == TAG && mac_eq(&expected, &presented) && made <= now && now < until;
        good.then_some(until)
    }

    fn tag(&self, purpose: Purpose, whom: &str, clear: &[u8], what: &[u8]) -> [u8; 32] {
        let length = (whom.len() as u32).to_be_bytes();
        self.0.mac(&[purpose.word(), b":", &length, whom.as_bytes(), clear, what])
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

    #[test]
    fn a_challenge_about_something_is_about_nothing_else() {
        let ours = challenges();
        let good = |challenge: &[u8]| ours.good_until(challenge, Purpose::Prove, "ada", NOW).is_some();
        let about = ours.about(Purpose::Prove, "ada", &[7; 32], NOW, &SystemRng);
        assert!(good(&about) && what_is_signed(&about) == Some([7; 32]));
        let (head, _) = about.split_at(PLAIN);
        assert!(!good(head) && !good(&[head, &[8; 32]].concat()) && !good(&about[..PLAIN + 31]));
        let plain = ours.make(Purpose::Prove, "ada", NOW, &SystemRng);
        assert!(good(&plain) && what_is_signed(&plain).is_none() && !good(&[&plain[..], &[7; 32]].concat()));
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
