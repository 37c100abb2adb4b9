//! The scanner: groups of digits, and the windows over them that may be a card.

use super::digits::{is_invisible, is_separator, value};
use super::issuer::{self, LENGTHS};
use super::shield;
use std::ops::Range;

/// Separators allowed between two digits of one number.
const MAX_GAP: usize = 2;

/// Which groupings of digits count as one number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shapes {
    /// Any grouping when nothing else stands beside it, card-like ones anywhere.
    Any,
    /// Only the groupings cards are printed in.
    CardLike,
}

/// Digits that stand together.
pub(super) struct Group {
    pub(super) bytes: Range<usize>,
    /// Index range into the sequence's digits.
    pub(super) digits: Range<usize>,
    /// A Latin letter touches it, so that it is part of a word.
    pub(super) in_word: bool,
}

/// Groups with at most [`MAX_GAP`] separators between neighbours.
#[derive(Default)]
pub(super) struct Sequence {
    pub(super) groups: Vec<Group>,
    pub(super) digits: Vec<u8>,
    /// A `+` stands directly before the first digit.
    pub(super) plus: bool,
}

/// The ranges of card numbers in `text`.
pub(super) fn find(text: &str, shapes: Shapes) -> Vec<Range<usize>> {
    if text.len() < *LENGTHS.start() {
        return Vec::new();
    }
    let mut found = Vec::new();
    each_sequence(text, |sequence| {
        if sequence.digits.len() >= *LENGTHS.start() && !shield::is_phone(sequence) {
            search(text, sequence, shapes, &mut found);
        }
    });
    found
}

/// Tries the windows of a sequence, leftmost and longest first.
fn search(text: &str, sequence: &Sequence, shapes: Shapes, found: &mut Vec<Range<usize>>) {
    let mut first = usize::from(shield::begins_with_phone(sequence));
    while first < sequence.groups.len() {
        let hit = (first..sequence.groups.len())
            .take_while(|last| window_len(sequence, first, *last) <= *LENGTHS.end())
            .filter(|last| is_card(text, sequence, first, *last, shapes))
            .last();
        first = match hit {
            Some(last) => {
                found.push(sequence.groups[first].bytes.start..sequence.groups[last].bytes.end);
                last + 1
            }
            None => first + 1,
        };
    }
}

fn window_len(sequence: &Sequence, first: usize, last: usize) -> usize {
    sequence.groups[last].digits.end - sequence.groups[first].digits.start
}

fn is_card(text: &str, sequence: &Sequence, first: usize, last: usize, shapes: Shapes) -> bool {
    let window = first..last + 1;
    let groups = &sequence.groups[window.clone()];
    let digits = &sequence.digits[groups[0].digits.start..sequence.groups[last].digits.end];
    !groups.iter().any(|group| group.in_word)
        && issuer::is_card(digits)
        && has_shape(groups, sequence.groups.len(), shapes)
        && !shield::is_decimal(text, sequence, &window)
        && !shield::is_identifier(text, groups)
}

/// One group, the groupings of printed cards, single or paired digits, or (alone in its
/// sequence) anything.
fn has_shape(groups: &[Group], all: usize, shapes: Shapes) -> bool {
    let lengths: Vec<usize> = groups.iter().map(|group| group.digits.len()).collect();
    let fours = || {
        let (last, front) = lengths.split_last().unwrap_or((&0, &[]));
        front.iter().all(|length| *length == 4) && *last <= 4
    };
    let spelled_out = || lengths.iter().all(|length| *length <= 2);
    lengths.len() == 1
        || fours()
        || matches!(lengths[..], [4, 6, 4 | 5] | [8, 8] | [6, 10] | [4, 12] | [12, 4] | [6, 13])
        || spelled_out()
        || (shapes == Shapes::Any && lengths.len() == all)
}

/// Calls `seen` with each sequence of `text`, in order, reusing one buffer.
fn each_sequence(text: &str, mut seen: impl FnMut(&Sequence)) {
    let mut sequence = Sequence::default();
    let mut before = None;
    let mut gap = 0;
    for (at, character) in text.char_indices() {
        if let Some(digit) = value(character) {
            let end = at + character.len_utf8();
            sequence.push(digit, at..end, gap, before);
            gap = 0;
        } else if is_invisible(character) {
            continue;
        } else {
            sequence.close_group(gap, character);
            gap += 1;
            if !is_separator(character) || gap > MAX_GAP {
                seen(&sequence);
                sequence.clear();
                gap = 0;
            }
        }
        before = Some(character);
    }
    seen(&sequence);
}

impl Sequence {
    fn push(&mut self, digit: u8, bytes: Range<usize>, gap: usize, before: Option<char>) {
        let index = self.digits.len();
        self.digits.push(digit);
        match self.groups.last_mut() {
            Some(group) if gap == 0 => {
                group.bytes.end = bytes.end;
                group.digits.end = index + 1;
            }
            _ => {
                self.plus |= index == 0 && before == Some('+');
                let in_word = before.is_some_and(is_letter);
                self.groups.push(Group { bytes, digits: index..index + 1, in_word });
            }
        }
    }

    /// The character right after a group tells whether it ends inside a word.
    fn close_group(&mut self, gap: usize, after: char) {
        if let (0, Some(group)) = (gap, self.groups.last_mut()) {
            group.in_word |= is_letter(after);
        }
    }

    fn clear(&mut self) {
        self.groups.clear();
        self.digits.clear();
        self.plus = false;
    }
}

/// Only Latin letters make a word of digits: other scripts write without spaces.
fn is_letter(character: char) -> bool {
    character.is_ascii_alphabetic()
}
