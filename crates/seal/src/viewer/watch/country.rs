//! How long the country's part of a phone number is.

/// How many digits of an E.164 number name its country (ITU-T E.164, list of assigned country codes): one to three.
pub(super) fn code_length(digits: &[u8]) -> usize {
    match digits {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_named_by_one_two_or_three_digits() {
        for (number, length) in [
            ("12025550143", 1),
            ("79161234567", 1),
            ("4791234567", 2),
            ("447911123456", 2),
            ("551198765432", 2),
            ("3545812345", 3),
            ("358401234567", 3),
            ("420601123456", 3),
            ("971501234567", 3),
        ] {
            assert_eq!(code_length(number.as_bytes()), length, "{number}");
        }
    }
}
