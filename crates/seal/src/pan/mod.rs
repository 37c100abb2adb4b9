//! Payment card numbers: found before they are stored.
//!
//! A candidate is a run of 12 to 19 digits in any common script, alone or grouped the
//! way cards are, whose prefix and length belong to an issuer and whose Luhn check
//! digit is right. Numbers in E.164 form, IBANs, UUIDs, decimals and digits inside
//! words are not candidates. One pass, linear in the text.
//!
//! A bare 16-digit number that passes all of that *is* a possible card number, whatever
//! its author calls it: one random 16-digit number in forty does.

mod digits;
mod issuer;
mod scan;
mod shield;

use std::ops::Range;

/// What stands in the place of a card number. Nothing of the number is kept.
pub const REDACTED: &str = "[card number removed]";

/// The byte ranges of `text` that hold card numbers, ascending, without overlap.
pub fn find(text: &str) -> Vec<Range<usize>> {
    scan::find(text, scan::Shapes::Any)
}

/// Whether `text` holds a card number.
pub fn contains(text: &str) -> bool {
    !find(text).is_empty()
}

/// `text` with every card number replaced by [`REDACTED`]. What is left holds none: taking a number out of a longer run of
/// digits can uncover another, so it is looked at again until nothing is found. Each round takes digits away, so it ends.
pub fn redact(text: &str) -> String {
    let mut text = text.to_owned();
    loop {
        let found = find(&text);
        if found.is_empty() {
            return text;
        }
        text = without(&text, &found);
    }
}

fn without(text: &str, found: &[Range<usize>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for range in found {
        out.push_str(&text[copied..range.start]);
        out.push_str(REDACTED);
        copied = range.end;
    }
    out.push_str(&text[copied..]);
    out
}

/// Whether consecutive fields of one message hold a card number, in one of them or
/// split over several that hold nothing but digits and separators.
pub fn contains_across(fields: &[&str]) -> bool {
    fields.iter().any(|field| contains(field)) || split_over(fields)
}

fn split_over(fields: &[&str]) -> bool {
    fields
        .split(|field| !digits::only_digits(field))
        .filter(|run| run.len() > 1)
        .any(|run| !scan::find(&run.join(" "), scan::Shapes::CardLike).is_empty())
}

#[cfg(test)]
mod tests;
