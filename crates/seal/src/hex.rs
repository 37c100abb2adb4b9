//! Hexadecimal, without copies left behind.

use zeroize::Zeroizing;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends `bytes` in lower case. The caller reserves the room when they are secret, so
/// that no reallocation leaves a copy behind.
pub(crate) fn push(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// The bytes `text` stands for, in either case; `None` for anything but pairs of digits.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for pair in pairs {
        bytes.push(value(pair[0])? << 4 | value(pair[1])?);
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_round_trip_in_either_case(bytes: Vec<u8>) {
            let mut text = String::new();
            push(&mut text, &bytes);
            prop_assert_eq!(&decode(&text).unwrap()[..], &bytes[..]);
            prop_assert_eq!(&decode(&text.to_uppercase()).unwrap()[..], &bytes[..]);
        }

        #[test]
        fn only_pairs_of_digits_decode(text in "[0-9a-fA-F]{0,6}|\\PC{0,6}") {
            let is_hex = text.len() % 2 == 0 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            prop_assert_eq!(decode(&text).is_some(), is_hex);
        }
    }
}
