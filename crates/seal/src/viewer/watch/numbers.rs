//! Phone numbers in text, however they are grouped, with or without what names their country.

use std::ops::Range;

use zeroize::Zeroizing;

use super::country::code_length;
use super::{LEAST_DIGITS, MOST_DIGITS};

/// The longest spelling: a number with two zeroes for the plus, and one that people put between country and rest.
const LONGEST: usize = MOST_DIGITS + 3;
/// Signs people put between groups of digits, one after the other: `) `, or the line that a vCard folds.
const WIDEST_GAP: usize = 3;
/// Numbers below this have too few digits.
const LEAST: u64 = 10_u64.pow(LEAST_DIGITS as u32 - 1);
/// From so many digits on, a number is found inside a longer one, too.
const INSIDE: usize = 10;

/// Numbers to look for, in every spelling. A spelling is a number without its leading zeroes.
pub(super) struct Numbers {
    /// Each spelling with the number it is of, ascending.
    spellings: Vec<(u64, usize)>,
    /// Whole numbers, for looking inside longer ones, and how long those are.
    whole: Vec<(u64, usize)>,
    lengths: Vec<usize>,
    /// A bit for each spelling: most of what isn't one is told by it.
    sieve: [u64; 64],
}

impl Numbers {
    /// These numbers: E.164 without the plus.
    pub(super) fn of(phones: &[Zeroizing<String>]) -> Self {
        let mut all =
            Self { spellings: Vec::with_capacity(phones.len() * 3), whole: vec![], lengths: vec![], sieve: [0; 64] };
        for (index, phone) in phones.iter().enumerate() {
            let digits = phone.as_bytes();
            let (country, rest) = digits.split_at(code_length(digits).min(digits.len()));
            let trunk = Zeroizing::new([country, b"0", rest].concat());
            for spelling in [digits, rest, trunk.as_slice()] {
                if let Some(value) = value(spelling).filter(|value| *value >= LEAST) {
                    all.spellings.push((value, index));
                    let (word, bit) = place(value);
                    all.sieve[word] |= bit;
                }
            }
            if digits.len() >= INSIDE
                && let Some(value) = value(digits)
            {
                all.whole.push((value, index));
                all.lengths.push(digits.len());
            }
        }
        all.spellings.sort_unstable();
        all.whole.sort_unstable();
        all.lengths.sort_unstable();
        all.lengths.dedup();
        all
    }

    /// Which of them stand in a decoded text: their indices.
    pub(super) fn found_in(&self, text: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        if self.spellings.is_empty() {
            return found;
        }
        let mut run: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        while let Some(next) = text.get(at..).and_then(|rest| rest.iter().position(u8::is_ascii_digit)) {
            let start = at + next;
            let between = text.get(at..start).unwrap_or_default();
            if between.len() > WIDEST_GAP || !between.iter().all(|byte| is_grouping(*byte)) {
                self.judge(text, &run, &mut found);
                run.clear();
            }
            let digits = text.get(start..).unwrap_or_default();
            let length = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
            at = start + length;
            if let Some(date) = date_length(digits) {
                self.judge(text, &run, &mut found);
                run.clear();
                at = start + date;
            } else {
                run.push(start..at);
            }
        }
        self.judge(text, &run, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Looks at digits that may belong together: every stretch of whole groups, and what is inside long ones.
    fn judge(&self, text: &[u8], run: &[Range<usize>], found: &mut Vec<usize>) {
        for (first, group) in run.iter().enumerate() {
            let (mut value, mut length) = (0_u64, 0);
            for group in run.get(first..).unwrap_or_default() {
                length += group.len();
                if length > LONGEST {
                    break;
                }
                value = digits_of(text, group).fold(value, |value, digit| value * 10 + digit);
                self.look_up(value, found);
            }
            if group.len() > INSIDE {
                self.look_inside(text, group, found);
            }
        }
    }

    fn look_up(&self, value: u64, found: &mut Vec<usize>) {
        let (word, bit) = place(value);
        if value >= LEAST && self.sieve[word] & bit != 0 {
            found.extend(all_of(&self.spellings, value));
        }
    }

    fn look_inside(&self, text: &[u8], group: &Range<usize>, found: &mut Vec<usize>) {
        for length in &self.lengths {
            for start in group.start..=group.end.saturating_sub(*length) {
                let value = digits_of(text, &(start..start + length)).fold(0, |value, digit| value * 10 + digit);
                let (word, bit) = place(value);
                if self.sieve[word] & bit != 0 {
                    found.extend(all_of(&self.whole, value));
                }
            }
        }
    }
}

/// Which numbers have this value.
fn all_of(sorted: &[(u64, usize)], value: u64) -> impl Iterator<Item = usize> {
    let from = sorted.partition_point(|(other, _)| *other < value);
    let same = sorted.get(from..).unwrap_or_default().iter().take_while(move |(other, _)| *other == value);
    same.map(|(_, index)| *index)
}

/// Fibonacci hashing: the upper bits of the product, as a word of the sieve and a bit of it.
const fn place(value: u64) -> (usize, u64) {
    let hash = value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((hash >> 58) as usize, 1 << (hash >> 52 & 63))
}

fn value(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn digits_of<'t>(text: &'t [u8], range: &Range<usize>) -> impl Iterator<Item = u64> + use<'t> {
    let digits = text.get(range.clone()).unwrap_or_default();
    digits.iter().map(|digit| u64::from(digit.wrapping_sub(b'0')))
}

/// Signs that people group digits by, that stand for a plus in addresses, and that separate them in names of files.
const fn is_grouping(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'-' | b'.' | b'(' | b')' | b'/' | b'+' | b'_')
}

/// How long the date is that these digits begin with: `2026-01-15`, `15.01.2026`. Pages are full of them.
fn date_length(text: &[u8]) -> Option<usize> {
    const LENGTH: usize = 10;
    let date = text.first_chunk::<LENGTH>().filter(|_| !text.get(LENGTH).is_some_and(u8::is_ascii_digit))?;
    let number = |range: Range<usize>| {
        let digits = date.get(range)?;
        digits.iter().all(u8::is_ascii_digit).then(|| value(digits))?
    };
    let sign = |at: usize, other: usize| b"-./".contains(&date[at]) && date[at] == date[other];
    let (year, month, day) = match (sign(4, 7), sign(2, 5)) {
        (true, _) => (number(0..4)?, number(5..7)?, number(8..10)?),
        (_, true) => (number(6..10)?, number(3..5)?, number(0..2)?),
        _ => return None,
    };
    ((1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)).then_some(LENGTH)
}
