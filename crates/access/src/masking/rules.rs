//! What a policy hides, decided without any I/O.

use std::ops::Range;

use sealpost_seal::viewer::{MaskMode, MaskProfile, Patterns, Viewer};
use sealpost_web::PermissionSet;

use super::folded::Folded;
use super::model::{Masking, Pattern, Rules};
use crate::permissions::DATA_REVEAL;

/// How somebody with these permissions and this mask profile sees. A policy never shows more than a permission says: where nothing
/// is masked, whoever may not reveal sees what they see by default.
pub fn viewer(masking: &Masking, permissions: PermissionSet, profile: MaskProfile) -> Viewer {
    match masking {
        Masking::Patterns(rules) => Viewer::new(profile, MaskMode::Patterns(rules.clone())),
        Masking::Off if permissions.contains(DATA_REVEAL) => Viewer::new(MaskProfile::None, MaskMode::Off),
        Masking::Default | Masking::Off => Viewer::with_profile(profile),
    }
}

impl Patterns for Rules {
    fn hidden_in(&self, text: &str) -> Vec<Range<usize>> {
        let mut hidden: Vec<Range<usize>> = self.iter().flat_map(|rule| matches(&rule.pattern, text)).collect();
        if let Some(folded) = Folded::of(text) {
            let found = self.iter().flat_map(|rule| matches(&rule.pattern, &folded.text));
            hidden.extend(found.filter_map(|range| folded.origin(range)));
        }
        merged(hidden)
    }
}

/// Each search is linear in the text; all of them one after the other would be quadratic for a hostile pattern. A text in which a
/// rule matches more often than this is hidden from there on.
const MOST_MATCHES: usize = 128;

fn matches(pattern: &Pattern, text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = pattern.regex().find_iter(text).take(MOST_MATCHES).map(|m| m.range()).collect();
    if let (MOST_MATCHES, Some(last)) = (found.len(), found.last_mut()) {
        last.end = text.len();
    }
    found
}

fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(previous) if range.start <= previous.end => previous.end = previous.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}
