//! Arabic letters as they stand beside each other.
//!
//! Unicode has a code point for each form of each letter (Arabic Presentation Forms A and B), so a font that maps those needs no
//! shaping beside this: which form a letter has follows from which of its neighbours it joins (Unicode §9.2).

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

const LAM: char = '\u{644}';
const TATWEEL: char = '\u{640}';
const JOINER: char = '\u{200d}';
const NON_JOINER: char = '\u{200c}';
const LETTERS: RangeInclusive<char> = '\u{620}'..='\u{6ff}';

/// How a letter stands.
#[derive(Clone, Copy)]
enum Form {
    Isolated = 0,
    Final = 1,
    Initial = 2,
    Medial = 3,
}

/// The forms of a letter, and of lam with an alef behind it, by [`Form`].
type Forms = [Option<char>; 4];

#[derive(Default)]
struct Table {
    letters: HashMap<char, Forms>,
    /// Lam with this alef, as one sign.
    with_lam: HashMap<char, Forms>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::default();
    // One behind the other stand the isolated, final, initial and medial form of a letter, as many as it has.
    let (mut before, mut at) = (Vec::new(), 0);
    for form in ('\u{fb50}'..='\u{fbff}').chain('\u{fe80}'..='\u{fefc}') {
        let mut of = Vec::with_capacity(2);
        decompose_compatible(form, |part| of.push(part));
        at = match of == before {
            true => at + 1,
            // The one letter whose first two forms stand in the other block.
            false if form == '\u{fbe8}' => 2,
            false => 0,
        };
        let forms = match of[..] {
            [letter] if letter != form && LETTERS.contains(&letter) => Some(table.letters.entry(letter).or_default()),
            [LAM, alef] => Some(table.with_lam.entry(alef).or_default()),
            _ => None,
        };
        if let Some(slot) = forms.and_then(|forms| forms.get_mut(at)) {
            *slot = Some(form);
        }
        before = of;
    }
    table
});

/// A letter that has forms joins what is before it; one that has an initial form joins what is behind it, too.
fn joins_before(letter: char) -> bool {
    matches!(letter, TATWEEL | JOINER) || form(letter, Form::Final).is_some()
}

fn joins_behind(letter: char) -> bool {
    matches!(letter, TATWEEL | JOINER) || form(letter, Form::Initial).is_some()
}

fn form(letter: char, form: Form) -> Option<char> {
    TABLE.letters.get(&letter)?.get(form as usize).copied().flatten()
}

/// Marks stand on letters and don't part them; so don't signs that aren't seen, but the one that is there to part.
fn is_transparent(letter: char) -> bool {
    letter != NON_JOINER
        && letter != JOINER
        && (canonical_combining_class(letter) != 0 || super::text::is_unseen(letter))
}

/// A character as it is written, and which characters it stands for.
pub(super) struct Written {
    /// Where the first of them stands in the text.
    pub(super) at: usize,
    /// What is drawn.
    pub(super) shape: char,
    /// What it stands for.
    pub(super) says: super::face::Says,
}

/// The text's characters as they are written.
pub(super) fn written(text: &str) -> Vec<Written> {
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    let mut all = Vec::with_capacity(letters.len());
    let (mut joins, mut skip) = (false, false);
    for (index, (at, letter)) in letters.iter().copied().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        if !TABLE.letters.contains_key(&letter) {
            all.push(Written { at, shape: letter, says: (letter, None) });
            if !is_transparent(letter) {
                joins = joins_behind(letter);
            }
            continue;
        }
        let behind = letters.get(index + 1..).unwrap_or_default();
        let before = joins && joins_before(letter);
        if letter == LAM
            && let Some((_, alef)) = behind.first()
            && let Some(forms) = TABLE.with_lam.get(alef)
            && let Some(shape) = forms.get(usize::from(before)).copied().flatten()
        {
            all.push(Written { at, shape, says: (letter, Some(*alef)) });
            (joins, skip) = (false, true);
            continue;
        }
        let next = behind.iter().map(|(_, next)| *next).find(|next| !is_transparent(*next));
        let joined = joins_behind(letter) && next.is_some_and(joins_before);
        let wanted = match (before, joined) {
            (false, false) => Form::Isolated,
            (true, false) => Form::Final,
            (false, true) => Form::Initial,
            (true, true) => Form::Medial,
        };
        all.push(Written { at, shape: form(letter, wanted).unwrap_or(letter), says: (letter, None) });
        joins = joins_behind(letter);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(text: &str) -> String {
        written(text).iter().map(|one| one.shape).collect()
    }

    #[test]
    fn letters_have_the_forms_their_neighbours_give_them() {
        // beh, seen, meem: initial, medial, final.
        assert_eq!(shapes("\u{628}\u{633}\u{645}"), "\u{fe91}\u{feb4}\u{fee2}");
        // dal joins what is before it alone.
        assert_eq!(shapes("\u{628}\u{62f}\u{628}"), "\u{fe91}\u{feaa}\u{fe8f}");
        // A mark between them parts nobody; a non-joiner does.
        assert_eq!(shapes("\u{628}\u{64e}\u{628}"), "\u{fe91}\u{64e}\u{fe90}");
        assert_eq!(shapes("\u{628}\u{200c}\u{628}"), "\u{fe8f}\u{200c}\u{fe8f}");
        // Persian: peh.
        assert_eq!(shapes("\u{67e}\u{67e}\u{67e}"), "\u{fb58}\u{fb59}\u{fb57}");
        assert_eq!(shapes("abc \u{628}"), "abc \u{fe8f}");
        assert_eq!(shapes("\u{649}\u{649}"), "\u{fbe8}\u{fef0}");
    }

    #[test]
    fn lam_and_alef_are_one_sign_that_stands_for_both() {
        let all = written("\u{633}\u{644}\u{627}\u{645}");
        let says: Vec<_> = all.iter().map(|one| one.says).collect();
        assert_eq!(all.iter().map(|one| one.shape).collect::<String>(), "\u{feb3}\u{fefc}\u{fee1}");
        assert_eq!(says, [('\u{633}', None), (LAM, Some('\u{627}')), ('\u{645}', None)]);
    }
}
