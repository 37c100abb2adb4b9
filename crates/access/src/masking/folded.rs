//! Text as rules should see it: what looks like a digit or a letter is one, and what can't be seen is not there.
//!
//! A rule for `\d{6}` or `IBAN` must not be led past by full-width digits, a soft hyphen or a decomposed accent. Rules are tried
//! on the text as it is and on its folded form; what they find in the folded form is hidden where it came from.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// A text in folded form, and where each of its bytes came from.
pub(super) struct Folded {
    /// NFKC (UAX #15) of each character with its combining marks, without default-ignorable characters (UAX #44).
    pub(super) text: String,
    /// For each byte of `text`, the character with its marks that it was made of.
    origins: Vec<Range<usize>>,
}

impl Folded {
    /// The folded form of `text`, unless that is the text itself.
    pub(super) fn of(text: &str) -> Option<Self> {
        if text.is_ascii() {
            return None;
        }
        let mut folded = Self { text: String::with_capacity(text.len()), origins: Vec::with_capacity(text.len()) };
        let mut starts: Vec<usize> = text
            .char_indices()
            .filter(|(at, character)| *at == 0 || canonical_combining_class(*character) == 0)
            .map(|(at, _)| at)
            .collect();
        starts.push(text.len());
        for range in starts.windows(2).map(|pair| pair[0]..pair[1]) {
            folded.text.extend(text[range.clone()].chars().filter(|c| !is_ignorable(*c)).nfkc());
            folded.origins.resize(folded.text.len(), range);
        }
        (folded.text != text).then_some(folded)
    }

    /// Where in the original a range of the folded text came from, whole characters with their marks.
    pub(super) fn origin(&self, range: Range<usize>) -> Option<Range<usize>> {
        let last = range.end.checked_sub(1)?;
        Some(self.origins.get(range.start)?.start..self.origins.get(last)?.end)
    }
}

/// `Default_Ignorable_Code_Point` of the Unicode character database: characters that show nothing.
fn is_ignorable(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
