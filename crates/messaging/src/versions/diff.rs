//! What differs between two texts, line by line.

use schemars::JsonSchema;
use serde::Serialize;

/// How many pairs of lines are compared. Above that the middle is shown as replaced: whoever compares two novels reads both.
const PAIRS: usize = 1_000_000;

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "LineChange")]
pub(crate) enum Change {
    /// It stays.
    Same,
    /// It goes.
    Removed,
    /// It comes.
    Added,
}

/// A line, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DiffLine")]
pub(crate) struct DiffLine {
    /// What became of it.
    pub(crate) change: Change,
    /// What it says.
    pub(crate) text: String,
}

/// Lines of both, in order: those that stay are a longest common subsequence.
pub(crate) fn lines(before: &str, after: &str) -> Vec<DiffLine> {
    let (old, new): (Vec<&str>, Vec<&str>) = (split(before), split(after));
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (mut old_left, mut new_left) = (old.get(head..).unwrap_or_default(), new.get(head..).unwrap_or_default());
    let mut tail = Vec::new();
    while let (Some((last, old_rest)), Some((same, new_rest))) = (old_left.split_last(), new_left.split_last()) {
        if last != same {
            break;
        }
        tail.push(*last);
        (old_left, new_left) = (old_rest, new_rest);
    }
    let line = |change, text: &&str| DiffLine { change, text: (*text).to_owned() };
    let mut all: Vec<DiffLine> = old.iter().take(head).map(|text| line(Change::Same, text)).collect();
    all.extend(middle(old_left, new_left).iter().map(|(change, text)| line(*change, text)));
    all.extend(tail.iter().rev().map(|text| line(Change::Same, text)));
    all
}

/// Lines with what ends them, so that a text without a last line break differs from the one with it.
fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The part between what both begin and end with.
fn middle<'t>(mut old: &[&'t str], mut new: &[&'t str]) -> Vec<(Change, &'t str)> {
    let mut all = Vec::with_capacity(old.len() + new.len());
    let width = new.len() + 1;
    if old.len().saturating_mul(new.len()) <= PAIRS {
        // lengths[i * width + j]: how many lines old[i..] and new[j..] have in common.
        let mut lengths = vec![0_u32; (old.len() + 1) * width];
        let at = |lengths: &[u32], i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or(0);
        for (i, was) in old.iter().enumerate().rev() {
            for (j, is) in new.iter().enumerate().rev() {
                let longest = match was == is {
                    true => at(&lengths, i + 1, j + 1) + 1,
                    false => at(&lengths, i + 1, j).max(at(&lengths, i, j + 1)),
                };
                if let Some(slot) = lengths.get_mut(i * width + j) {
                    *slot = longest;
                }
            }
        }
        let (mut i, mut j) = (0, 0);
        while let (Some((was, old_rest)), Some((is, new_rest))) = (old.split_first(), new.split_first()) {
            if was == is {
                all.push((Change::Same, *was));
                (old, new, i, j) = (old_rest, new_rest, i + 1, j + 1);
            } else if at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) {
                all.push((Change::Removed, *was));
                (old, i) = (old_rest, i + 1);
            } else {
                all.push((Change::Added, *is));
                (new, j) = (new_rest, j + 1);
            }
        }
    }
    all.extend(old.iter().map(|text| (Change::Removed, *text)));
    all.extend(new.iter().map(|text| (Change::Added, *text)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn short(before: &str, after: &str) -> String {
        let sign = |line: &DiffLine| match line.change {
            Change::Same => '=',
            Change::Removed => '-',
            Change::Added => '+',
        };
        lines(before, after).iter().map(sign).collect()
    }

    #[test]
    fn what_stays_is_said_to_stay() {
        for (before, after, expected) in [
            ("", "", ""),
            ("a\n", "a\n", "="),
            ("a\nb\nc\n", "a\nx\nc\n", "=-+="),
            ("a\nb\nc\nd\n", "a\nc\nd\ne\n", "=-==+"),
            ("a", "a\n", "-+"),
            ("a\nb\n", "b\na\n", "-=+"),
        ] {
            assert_eq!(short(before, after), expected, "{before:?} {after:?}");
        }
    }

    #[test]
    fn texts_that_are_too_long_to_compare_are_shown_whole() {
        let long = |word: &str| (0..2_000).map(|n| format!("{word}{n}\n")).collect::<String>();
        let all = lines(&format!("same\n{}", long("a")), &format!("same\n{}", long("b")));
        assert_eq!(all.len(), 4_001);
        assert_eq!(all.iter().filter(|line| line.change == Change::Same).count(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn both_texts_are_read_back(before in "[ab\n]{0,40}", after in "[ab\n]{0,40}") {
            let all = lines(&before, &after);
            let of = |gone: Change| all.iter().filter(|line| line.change != gone).map(|line| &*line.text).collect::<String>();
            prop_assert_eq!(of(Change::Added), before);
            prop_assert_eq!(of(Change::Removed), after);
        }
    }
}
