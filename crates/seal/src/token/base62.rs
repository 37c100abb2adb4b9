//! The body of a token: random base62 characters and a base62 checksum.

use crate::rng::Rng;
use zeroize::Zeroizing;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// 32 × log₂ 62 = 190.5 bits.
const RANDOM_LEN: usize = 32;

/// 62⁶ > 2³².
const CHECKSUM_LEN: usize = 6;

/// `prefix` ‖ 32 random characters ‖ checksum over both.
pub(super) fn generate(prefix: &str, rng: &dyn Rng) -> Zeroizing<String> {
    let length = prefix.len() + RANDOM_LEN + CHECKSUM_LEN;
    let mut text = Zeroizing::new(String::with_capacity(length));
    text.push_str(prefix);
    let mut pool = Zeroizing::new([0; 2 * RANDOM_LEN]);
    while text.len() < prefix.len() + RANDOM_LEN {
        rng.fill(&mut pool[..]);
        let missing = prefix.len() + RANDOM_LEN - text.len();
        text.extend(pool.iter().filter_map(|byte| unbiased(*byte)).take(missing));
    }
    let checksum = checksum(&text);
    text.extend(checksum);
    text
}

/// Whether `text` is `prefix`, 32 characters of the alphabet and their checksum.
pub(super) fn is_valid(prefix: &str, text: &str) -> bool {
    let Some(body) = text.strip_prefix(prefix) else {
        return false;
    };
    if body.len() != RANDOM_LEN + CHECKSUM_LEN || !body.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let (checked, claimed) = text.split_at(text.len() - CHECKSUM_LEN);
    checksum(checked).into_iter().eq(claimed.chars())
}

/// Rejection sampling: 248 = 4 × 62, so every character is equally likely.
fn unbiased(byte: u8) -> Option<char> {
    (byte < 248).then(|| digit(u32::from(byte) % 62))
}

fn checksum(text: &str) -> [char; CHECKSUM_LEN] {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = ['0'; CHECKSUM_LEN];
    for place in digits.iter_mut().rev() {
        *place = digit(rest % 62);
        rest /= 62;
    }
    digits
}

fn digit(value: u32) -> char {
    char::from(ALPHABET[value as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::seeded::SeededRng;

    #[test]
    fn every_character_is_about_equally_likely() {
        let rng = SeededRng::new(1);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..4000 {
            for character in generate("", &rng)[..RANDOM_LEN].chars() {
                *counts.entry(character).or_insert(0) += 1;
            }
        }
        // 128 000 draws over 62 characters: 2065 each, and five standard deviations are 225.
        assert_eq!(counts.len(), 62);
        assert!(counts.values().all(|count| (1840..2290).contains(count)));
    }

    #[test]
    fn the_checksum_is_pinned() {
        // CRC-32 of "123456789" is 0xCBF43926, the check value of its catalogue entry.
        let text: String = checksum("123456789").into_iter().collect();
        let value = text
            .bytes()
            .fold(0u64, |value, byte| value * 62 + ALPHABET.iter().position(|a| *a == byte).unwrap() as u64);
        assert_eq!(value, 0xCBF4_3926);
    }
}
