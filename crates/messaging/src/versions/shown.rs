//! How a change of versions reads, for whoever agrees to it.

use sealpost_govern::approvals::Line;

/// A part of some content: what it is called, what it was, what it would be.
pub(crate) type WithinLine = (String, Option<String>, Option<String>);

/// Lines of all parts that are there before or after.
pub(crate) fn approval_lines(parts: impl IntoIterator<Item = WithinLine>) -> Vec<Line> {
    let there = parts.into_iter().filter(|(_, before, after)| before.is_some() || after.is_some());
    there.map(|(what, before, after)| Line::new(what, before, after)).collect()
}
