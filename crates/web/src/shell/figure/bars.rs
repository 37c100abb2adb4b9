//! Stacked bars over time.

use std::fmt::Write as _;

use askama::Template;

use super::{HEIGHT, Twin, round_up};
use crate::shell::parts::grouped;

/// What a part of every bar stands for.
#[derive(Clone, Copy, Debug)]
pub struct Series {
    /// Its name: `delivered`.
    pub name: &'static str,
    /// Its fill, a class of the style sheet: `f-accent`.
    pub fill: &'static str,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Column {
    /// When: stands in the table.
    pub when: String,
    /// What stands under it, if anything.
    pub tick: Option<String>,
    /// How much of each series, in their order, from the ground up.
    pub values: Vec<u64>,
}

/// Stacked bars over time.
#[derive(Clone, Debug, Template)]
#[template(path = "shell/figure/bars.html")]
pub struct Bars {
    says: String,
    series: &'static [Series],
    columns: Vec<Column>,
    top: u64,
    twin: Twin,
}

impl Bars {
    /// What the picture says in a sentence, what its parts stand for, and its bars, oldest first.
    pub fn new(says: impl Into<String>, series: &'static [Series], columns: Vec<Column>) -> Self {
        let says = says.into();
        let most = columns.iter().map(|column| column.values.iter().sum::<u64>()).max().unwrap_or(0);
        let heads = std::iter::once("Time".to_owned()).chain(series.iter().map(|one| one.name.to_owned())).collect();
        let rows = columns.iter().map(|column| {
            std::iter::once(column.when.clone()).chain(column.values.iter().map(|value| grouped(*value))).collect()
        });
        let twin = Twin::new(says.clone(), heads, rows.collect());
        Self { top: round_up(most.max(4) as f64) as u64, says, series, columns, twin }
    }

    fn top(&self) -> String {
        grouped(self.top)
    }

    fn is_empty(&self) -> bool {
        self.columns.iter().all(|column| column.values.iter().all(|value| *value == 0))
    }

    fn drawings(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.series.iter().enumerate().map(|(at, series)| (series.fill, self.drawing(at)))
    }

    /// One path for each series: a thousand bars are as few elements as ten.
    fn drawing(&self, series: usize) -> String {
        let scale = HEIGHT / self.top.max(1) as f64;
        let mut path = String::new();
        for (at, column) in self.columns.iter().enumerate() {
            let below: u64 = column.values.iter().take(series).sum();
            let Some(value) = column.values.get(series).filter(|value| **value > 0) else { continue };
            // What there is can be seen, however little it is.
            let height = (*value as f64 * scale).max(1.2);
            let foot = HEIGHT - below as f64 * scale;
            // Writing to a string can't fail.
            let _ = write!(path, "M{:.2} {:.2}h.72v-{:.2}h-.72z", at as f64 + 0.14, foot, height);
        }
        path
    }
}

impl askama::filters::HtmlSafe for Bars {}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIES: &[Series] = &[Series { name: "good", fill: "f-accent" }, Series { name: "bad", fill: "f-bad" }];

    fn column(good: u64, bad: u64) -> Column {
        Column { when: "09:00".into(), tick: None, values: vec![good, bad] }
    }

    #[test]
    fn the_smallest_part_can_still_be_seen_and_stands_on_the_one_below() {
        let bars = Bars::new("Two bars", SERIES, vec![column(1000, 1), column(0, 0)]);
        assert_eq!(bars.drawing(0), "M0.14 100.00h.72v-50.00h-.72z");
        assert_eq!(bars.drawing(1), "M0.14 50.00h.72v-1.20h-.72z");
    }

    #[test]
    fn the_table_says_what_the_picture_says() {
        let text = Bars::new("Two bars", SERIES, vec![column(1000, 1)]).to_string();
        assert!(text.contains("<caption class=\"sr\">Two bars</caption>") && text.contains("1\u{202f}000"), "{text}");
    }
}
