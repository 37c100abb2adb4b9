//! Lines over time, for what has no zero worth showing: how long things took.

use std::fmt::Write as _;

use askama::Template;

use super::{HEIGHT, Twin, round_up};

/// Lines over time.
#[derive(Clone, Debug, Template)]
#[template(path = "shell/figure/lines.html")]
pub struct Lines {
    says: String,
    top_says: String,
    ticks: Vec<String>,
    lines: Vec<Line>,
    width: usize,
    twin: Twin,
}

#[derive(Clone, Debug)]
struct Line {
    stroke: &'static str,
    path: String,
}

impl Lines {
    /// What the picture says, the ticks under it, lines (a stroke of the style sheet and a value for each moment, oldest first), how a
    /// value is written, and the same as a table.
    pub fn new(
        says: impl Into<String>,
        ticks: Vec<String>,
        lines: &[(&'static str, &[Option<f64>])],
        write: impl Fn(f64) -> String,
        twin: Twin,
    ) -> Self {
        let most = lines.iter().flat_map(|(_, values)| values.iter().flatten()).copied().fold(0.0, f64::max);
        let top = round_up(most);
        let width = lines.iter().map(|(_, values)| values.len()).max().unwrap_or(0).max(2) - 1;
        let drawn = lines.iter().map(|(stroke, values)| Line { stroke, path: path(values, top) }).collect();
        Self { says: says.into(), top_says: write(top), ticks, lines: drawn, width, twin }
    }
}

/// A line with a gap wherever there is no value; a value between two gaps is a short dash.
fn path(values: &[Option<f64>], top: f64) -> String {
    let mut path = String::new();
    let mut is_open = false;
    for (at, value) in values.iter().enumerate() {
        let Some(value) = value else {
            is_open = false;
            continue;
        };
        let height = HEIGHT - value / top.max(f64::MIN_POSITIVE) * HEIGHT;
        let alone = !is_open && values.get(at + 1).is_none_or(Option::is_none);
        let from = if alone { at as f64 - 0.3 } else { at as f64 };
        // Writing to a string can't fail.
        let _ = write!(path, "{}{from:.1} {height:.1}", if is_open { 'L' } else { 'M' });
        if alone {
            path.push_str("h.6");
        }
        is_open = true;
    }
    path
}

impl askama::filters::HtmlSafe for Lines {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_gaps_where_nothing_was() {
        assert_eq!(path(&[Some(0.0), Some(10.0), None, Some(5.0), None], 10.0), "M0.0 100.0L1.0 0.0M2.7 50.0h.6");
        assert_eq!(path(&[], 1.0), "");
    }
}
