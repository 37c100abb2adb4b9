//! Masking phone numbers, alone and inside text.

use super::MaskProfile;
use super::view::{MASK, View};
use std::ops::Range;

/// Digits that stay hidden however short the number is.
const HIDDEN_AT_LEAST: usize = 4;

/// What stands for the hidden middle; its width is fixed.
const HIDDEN: &str = "•••••";

/// Runs of this many digits inside text are taken for phone numbers: national numbers
/// start at seven, E.164 ends at fifteen, and longer runs are hidden too.
const PHONE_DIGITS: usize = 7;

/// A field that holds one phone number.
pub(super) fn phone(number: &str, profile: MaskProfile) -> View {
    match profile {
        MaskProfile::None => View::shown(number.to_owned()),
        _ => View::partly(partly(number, profile)),
    }
}

/// Text with `hidden` ranges, and all phone numbers in the rest, masked.
pub(super) fn text(clear: &str, hidden: &[Range<usize>], profile: MaskProfile) -> View {
    let phones = match profile {
        MaskProfile::None => Vec::new(),
        _ => phones_in(clear),
    };
    let marks = merged(hidden, &phones);
    if marks.is_empty() {
        return View::shown(clear.to_owned());
    }
    let mut out = String::with_capacity(clear.len());
    let mut copied = 0;
    for mark in marks {
        out.push_str(&clear[copied..mark.range.start]);
        match mark.is_phone {
            true => out.push_str(&partly(&clear[mark.range.clone()], profile)),
            false => out.push_str(MASK),
        }
        copied = mark.range.end;
    }
    out.push_str(&clear[copied..]);
    View::partly(out)
}

/// First digits, a fixed number of bullets, last digits; never more than all but four.
fn partly(number: &str, profile: MaskProfile) -> String {
    let digits: Vec<char> = number.chars().filter(|c| c.is_numeric()).collect();
    let budget = digits.len().saturating_sub(HIDDEN_AT_LEAST);
    let (first, last) = match profile {
        MaskProfile::Full | MaskProfile::None => (0, 0),
        MaskProfile::Last4 => (0, budget.min(4)),
        MaskProfile::First3Last4 => (budget.saturating_sub(4).min(3), budget.min(4)),
    };
    if first + last == 0 {
        return MASK.to_owned();
    }
    let plus = if first > 0 && number.trim_start().starts_with('+') { "+" } else { "" };
    let first: String = digits[..first].iter().collect();
    let last: String = digits[digits.len() - last..].iter().collect();
    format!("{plus}{first}{HIDDEN}{last}")
}

struct Mark {
    range: Range<usize>,
    is_phone: bool,
}

/// All marks in order. What touches is one mark, so that their number tells nothing; a phone number that touches a hidden range is
/// hidden with it.
fn merged(hidden: &[Range<usize>], phones: &[Range<usize>]) -> Vec<Mark> {
    let mark = |is_phone| move |range: &Range<usize>| Mark { range: range.clone(), is_phone };
    let mut all: Vec<Mark> = hidden.iter().map(mark(false)).collect();
    all.extend(phones.iter().map(mark(true)));
    all.sort_by_key(|mark| mark.range.start);
    let mut out: Vec<Mark> = Vec::with_capacity(all.len());
    for mark in all {
        match out.last_mut() {
            Some(previous) if mark.range.start <= previous.range.end => {
                previous.range.end = previous.range.end.max(mark.range.end);
                previous.is_phone = false;
            }
            _ => out.push(mark),
        }
    }
    out
}

/// Runs of at least seven digits, with the signs people group them by in between.
fn phones_in(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut run: Option<Run> = None;
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        match &mut run {
            Some(open) if character.is_numeric() => open.digit(end),
            Some(open) if is_grouping(character) && open.gap < 3 => open.gap += 1,
            _ => {
                found.extend(run.take().and_then(|run| run.finish(text)));
                run = match character {
                    '+' => Some(Run { range: at..end, digits: 0, gap: 0 }),
                    _ if character.is_numeric() => Some(Run { range: at..end, digits: 1, gap: 0 }),
                    _ => None,
                };
            }
        }
    }
    found.extend(run.and_then(|run| run.finish(text)));
    found
}

struct Run {
    range: Range<usize>,
    digits: usize,
    gap: usize,
}

impl Run {
    fn digit(&mut self, end: usize) {
        self.range.end = end;
        self.digits += 1;
        self.gap = 0;
    }

    fn finish(self, text: &str) -> Option<Range<usize>> {
        let run = &text[self.range.clone()];
        if !starts_with_date(run.as_bytes()) {
            return (self.digits >= PHONE_DIGITS).then_some(self.range);
        }
        let rest = &run[DATE_LEN..];
        let start = self.range.end - rest.trim_start_matches(is_grouping).len();
        (self.digits - DATE_DIGITS >= PHONE_DIGITS).then_some(start..self.range.end)
    }
}

/// `2026-01-15` or `15.01.2026`, which agents need to read.
const DATE_LEN: usize = 10;
const DATE_DIGITS: usize = 8;

fn starts_with_date(run: &[u8]) -> bool {
    let Some(date) = run.first_chunk::<DATE_LEN>() else {
        return false;
    };
    let number = |range: Range<usize>| {
        date[range]
            .iter()
            .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
    };
    let is_sign = |at: usize, other: usize| b"-./".contains(&date[at]) && date[at] == date[other];
    let (year, month, day) = match (is_sign(4, 7), is_sign(2, 5)) {
        (true, _) => (number(0..4), number(5..7), number(8..10)),
        (_, true) => (number(6..10), number(3..5), number(0..2)),
        _ => return false,
    };
    let within = |number: Option<u32>, range: std::ops::RangeInclusive<u32>| {
        number.is_some_and(|number| range.contains(&number))
    };
    let goes_on = run.get(DATE_LEN).is_some_and(u8::is_ascii_digit);
    within(year, 1900..=2099) && within(month, 1..=12) && within(day, 1..=31) && !goes_on
}

fn is_grouping(character: char) -> bool {
    matches!(character, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '\u{202f}' | '\u{2010}'..='\u{2015}')
}
