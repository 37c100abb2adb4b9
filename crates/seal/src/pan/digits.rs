//! Digits and separators as people, keyboards and spreadsheets write them.

/// The zeros of the decimal scripts seen in messages (Unicode general category Nd);
/// each is followed by its one to nine.
const ZEROS: [char; 22] = [
    '0',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{17e0}',
    '\u{1810}',
    '\u{ff10}',
    '\u{1d7ce}',
    '\u{1d7f6}',
];

/// The value of a decimal digit in any of the scripts above.
pub(super) fn value(character: char) -> Option<u8> {
    if character.is_ascii() {
        return character.to_digit(10).map(|digit| digit as u8);
    }
    ZEROS.into_iter().find_map(|zero| {
        let above = (character as u32).checked_sub(zero as u32)?;
        (above < 10).then_some(above as u8)
    })
}

/// Spaces, hyphens, dots and slashes, in their many encodings.
pub(super) fn is_separator(character: char) -> bool {
    matches!(
        character,
        ' ' | '\t' | '-' | '.' | '/' | '_'
            | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
            | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' | '\u{ff0e}' | '\u{b7}'
    )
}

/// Characters that take no room: they neither separate nor join.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Whether a field holds digits, and nothing else but separators.
pub(super) fn only_digits(field: &str) -> bool {
    let is_digit = |character| value(character).is_some();
    field.chars().any(is_digit) && field.chars().all(|c| is_digit(c) || is_separator(c) || is_invisible(c))
}
