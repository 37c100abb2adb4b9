//! One-time passwords: six digits, and therefore bound, short-lived and counted.

use super::mac_eq;
use crate::key::Key;
use crate::rng::{Rng, array};
use std::fmt::Write;
use zeroize::Zeroizing;

/// A six-digit code in clear: exists until it is handed to the channel.
///
/// Twenty bits survive a handful of tries and nothing else: the caller allows five, for
/// ten minutes, newest code only, and locks the destination out.
pub struct Otp(Zeroizing<String>);

const CODES: u32 = 1_000_000;

impl Otp {
    /// A fresh code; all million are equally likely.
    pub fn generate(rng: &dyn Rng) -> Self {
        let code = loop {
            let drawn = u32::from_be_bytes(array(rng));
            if drawn < u32::MAX - u32::MAX % CODES {
                break drawn % CODES;
            }
        };
        let mut text = Zeroizing::new(String::with_capacity(6));
        // Writing to a String can't fail.
        let _ = write!(text, "{code:06}");
        Self(text)
    }

    /// The clear code, to send it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored: a keyed hash of the code, bound to where it was sent and what
    /// for. Without `key`, a million tries would find the code from it.
    pub fn mac(&self, key: &Key, destination: &str, purpose: &str) -> [u8; 32] {
        bound_mac(key, destination, purpose, &self.0)
    }

    /// Whether `presented` is the code behind `stored`, in constant time.
    pub fn verify(key: &Key, destination: &str, purpose: &str, presented: &str, stored: &[u8; 32]) -> bool {
        mac_eq(&bound_mac(key, destination, purpose, presented), stored)
    }
}

fn bound_mac(key: &Key, destination: &str, purpose: &str, code: &str) -> [u8; 32] {
    key.mac(&[
        b"otp",
        &(destination.len() as u32).to_be_bytes(),
        destination.as_bytes(),
        &(purpose.len() as u32).to_be_bytes(),
        purpose.as_bytes(),
        code.as_bytes(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::seeded::SeededRng;

    #[test]
    fn a_code_is_six_digits() {
        let rng = SeededRng::new(3);
        for _ in 0..1000 {
            let otp = Otp::generate(&rng);
            assert_eq!(otp.expose().len(), 6);
            assert!(otp.expose().bytes().all(|byte| byte.is_ascii_digit()));
        }
    }

    #[test]
    fn a_code_counts_only_where_and_for_what_it_was_sent() {
        let key = Key::from_bytes([1; 32]);
        let otp = Otp::generate(&SeededRng::new(4));
        let stored = otp.mac(&key, "+4791234567", "login");
        let check = |destination, purpose, code: &str| Otp::verify(&key, destination, purpose, code, &stored);
        assert!(check("+4791234567", "login", otp.expose()));
        assert!(!check("+4791234568", "login", otp.expose()));
        assert!(!check("+4791234567", "reset", otp.expose()));
        assert!(!check("+4791234567l", "ogin", otp.expose()));
        assert!(!check("+4791234567", "login", "00000"));
        assert!(!check("+4791234567", "login", ""));
        let other = Key::from_bytes([2; 32]);
        assert!(!Otp::verify(&other, "+4791234567", "login", otp.expose(), &stored));
    }
}
