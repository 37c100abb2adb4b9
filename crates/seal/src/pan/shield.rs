//! What looks like a card number and is something else for certain.

use super::scan::{Group, Sequence};
use std::ops::Range;

/// The most digits of an E.164 number.
const E164_DIGITS: usize = 15;

/// The fewest digits of an international number in use.
const E164_SHORTEST: usize = 8;

/// `+` and up to 15 digits: a phone number. With more digits it isn't one, and a card
/// may stand behind it.
pub(super) fn is_phone(sequence: &Sequence) -> bool {
    sequence.plus && sequence.digits.len() <= E164_DIGITS
}

/// The first group is a whole E.164 number, whatever stands behind it.
pub(super) fn begins_with_phone(sequence: &Sequence) -> bool {
    let first = sequence.groups.first().map_or(0, |group| group.digits.len());
    sequence.plus && (E164_SHORTEST..=E164_DIGITS).contains(&first)
}

/// A long group right behind a short one and a dot, such as `59.9138688123456`: the
/// fraction of a decimal number.
pub(super) fn is_decimal(text: &str, sequence: &Sequence, window: &Range<usize>) -> bool {
    let [whole, fraction, ..] = &sequence.groups[..] else {
        return false;
    };
    *window == (1..2) && whole.digits.len() <= 3 && &text[whole.bytes.end..fraction.bytes.start] == "."
}

/// The groups begin inside an IBAN with right check digits, or stand inside a UUID.
pub(super) fn is_identifier(text: &str, groups: &[Group]) -> bool {
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else {
        return false;
    };
    let window = first.bytes.start..last.bytes.end;
    is_in_iban(text, &window) || is_in_uuid(text, &window)
}

/// The longest IBAN, in characters and printed in fours (ISO 13616-1).
const IBAN_LEN: usize = 34;
const IBAN_PRINTED_LEN: usize = IBAN_LEN + IBAN_LEN / 4;
const IBAN_SHORTEST: usize = 15;

fn is_in_iban(text: &str, window: &Range<usize>) -> bool {
    let earliest = window.start.saturating_sub(IBAN_PRINTED_LEN);
    let latest = (window.start + IBAN_PRINTED_LEN).min(text.len());
    let near = &text.as_bytes()[earliest..latest];
    (0..window.start - earliest)
        .filter(|at| starts_iban(near, *at))
        .any(|at| iban_end(&near[at..]).is_some_and(|end| earliest + at + end > window.start))
}

/// Two letters and two digits, not in the middle of a word.
fn starts_iban(near: &[u8], at: usize) -> bool {
    let begins_word = at == 0 || !near[at - 1].is_ascii_alphanumeric();
    begins_word
        && matches!(near[at..], [a, b, c, d, ..] if a.is_ascii_alphabetic()
            && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit())
}

/// The end of the longest IBAN at the start of `bytes`, by its check digits modulo 97
/// (ISO 13616-1 §6.2). Only spaces and hyphens stand between its characters.
fn iban_end(bytes: &[u8]) -> Option<usize> {
    let mut taken: Vec<u8> = Vec::with_capacity(IBAN_LEN);
    let mut longest = None;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b' ' | b'-' => continue,
            _ if byte.is_ascii_alphanumeric() && taken.len() < IBAN_LEN => taken.push(*byte),
            _ => break,
        }
        let ends_word = !bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
        if ends_word && taken.len() >= IBAN_SHORTEST && is_iban(&taken) {
            longest = Some(at + 1);
        }
    }
    longest
}

fn is_iban(characters: &[u8]) -> bool {
    let (head, tail) = characters.split_at(4);
    let remainder = tail.iter().chain(head).fold(0, |remainder, byte| match char::from(*byte).to_digit(36) {
        Some(value) if value > 9 => (remainder * 100 + value) % 97,
        Some(value) => (remainder * 10 + value) % 97,
        None => remainder,
    });
    remainder == 1
}

/// Hyphens at these places and hexadecimal digits elsewhere (RFC 9562 §4).
const UUID_LEN: usize = 36;
const UUID_HYPHENS: [usize; 4] = [8, 13, 18, 23];

fn is_in_uuid(text: &str, window: &Range<usize>) -> bool {
    let earliest = window.end.saturating_sub(UUID_LEN);
    let bytes = text.as_bytes();
    (earliest..=window.start)
        .filter(|start| start + UUID_LEN <= bytes.len())
        .any(|start| is_uuid(&bytes[start..start + UUID_LEN]))
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(
        |(at, byte)| {
            if UUID_HYPHENS.contains(&at) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
        },
    )
}
