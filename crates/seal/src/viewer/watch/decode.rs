//! Bytes as whoever receives them will read them.

use std::borrow::Cow;

/// The longest escape that is undone: `&commat;`, `&#x0000040;`.
const LONGEST_ENTITY: usize = 11;

/// The same text in lower case (ASCII), with percent-encoding, HTML's references and JSON's escapes undone once, and with the
/// spaces and hyphens of other alphabets as plain spaces. What is no escape stays.
pub(super) fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| is_special(*byte)) {
        let (plain, special) = rest.split_at(at);
        out.extend(plain.iter().map(u8::to_ascii_lowercase));
        let (means, length) = escape(special).unwrap_or((Cow::Borrowed(special.get(..1).unwrap_or_default()), 1));
        out.extend(means.iter().map(u8::to_ascii_lowercase));
        rest = special.get(length..).unwrap_or_default();
    }
    out.extend(rest.iter().map(u8::to_ascii_lowercase));
    out
}

const fn is_special(byte: u8) -> bool {
    matches!(byte, b'%' | b'&' | b'\\' | 0xc2 | 0xe2)
}

/// What stands at the begin of `text` means, and how long it is.
fn escape(text: &[u8]) -> Option<(Cow<'static, [u8]>, usize)> {
    match text {
        [b'%', high, low, ..] => Some((vec![hex(*high)? << 4 | hex(*low)?].into(), 3)),
        [b'&', ..] => entity(text),
        [b'\\', b'u', a, b, c, d, ..] => {
            let code = [a, b, c, d].into_iter().try_fold(0, |code, digit| Some(code << 4 | u32::from(hex(*digit)?)))?;
            Some((of_code(code)?, 6))
        }
        [b'\\', b'n' | b'r' | b't' | b'b' | b'f', ..] => Some((Cow::Borrowed(b"\n"), 2)),
        [b'\\', sign @ (b'/' | b'"' | b'\\'), ..] => Some((vec![*sign].into(), 2)),
        [0xc2, 0xa0, ..] => Some((Cow::Borrowed(b" "), 2)),
        [0xe2, 0x80, 0x80..=0x95 | 0xaf, ..] => Some((Cow::Borrowed(b" "), 3)),
        _ => None,
    }
}

/// A character reference (HTML Living Standard §13.5), as far as they stand in numbers and addresses.
fn entity(text: &[u8]) -> Option<(Cow<'static, [u8]>, usize)> {
    let end = text.iter().take(LONGEST_ENTITY + 1).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(text.get(1..end)?).ok()?;
    let means: Cow<'static, [u8]> = match name {
        "commat" => Cow::Borrowed(b"@"),
        "plus" => Cow::Borrowed(b"+"),
        "period" => Cow::Borrowed(b"."),
        "hyphen" | "dash" | "nbsp" | "ensp" | "emsp" | "thinsp" => Cow::Borrowed(b" "),
        "lpar" => Cow::Borrowed(b"("),
        "rpar" => Cow::Borrowed(b")"),
        "lowbar" => Cow::Borrowed(b"_"),
        "amp" => Cow::Borrowed(b"&"),
        "lt" | "gt" | "quot" | "apos" => Cow::Borrowed(b"\""),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            of_code(code.ok()?)?
        }
    };
    Some((means, end + 1))
}

fn of_code(code: u32) -> Option<Cow<'static, [u8]>> {
    let character = char::from_u32(code)?;
    let plain = match character {
        '\u{a0}' | '\u{2000}'..='\u{2015}' | '\u{202f}' => ' ',
        other => other,
    };
    Some(plain.to_string().into_bytes().into())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_read_as_whoever_receives_them_does() {
        for (escaped, means) in [
            ("%2B47%20912", "+47 912"),
            ("&#43;47&#x20;912&nbsp;3", "+47 912 3"),
            ("ada&commat;example.org", "ada@example.org"),
            ("ada&#064;example.org", "ada@example.org"),
            (r"\u002b47\n912\/3", "+47\n912/3"),
            ("ADA\u{a0}\u{2011}\u{202f}x", "ada   x"),
            ("100 % & \\ &unknown; %zz &#xzz;", "100 % & \\ &unknown; %zz &#xzz;"),
            ("%", "%"),
            ("&", "&"),
            ("\\u00", "\\u00"),
        ] {
            assert_eq!(String::from_utf8(decoded(escaped.as_bytes())).unwrap(), means, "{escaped}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decoded(&bytes).len() <= bytes.len());
        }
    }
}
