//! A table over the whole width of a page, its head repeated on every page.

use super::sheets::{Paper, Style};
use super::text::{self, Line};

/// What is left free between columns, in points.
const GAP: f32 = 6.0;
/// No column gets less of what there is than this, as a share of an equal part: a word of a few letters stays a word.
const LEAST: f32 = 0.35;
/// And none wants more than so many equal parts.
const MOST: f32 = 4.0;
/// A name takes so many lines at most, so that a head always leaves room for rows.
const LINES_OF_A_NAME: usize = 4;

/// The head of a table: where its columns are, and what they are called.
pub(super) struct Head {
    /// Where each begins, and how wide it is.
    columns: Vec<(f32, f32)>,
    names: Vec<Vec<Line>>,
}

impl Paper {
    /// Begins a table. How wide its columns are follows from what they are called and from these rows, which are not written yet.
    pub fn table(&mut self, names: &[String], like: &[Vec<String>]) {
        let widths = self.widths(names, like);
        let mut x = self.margin();
        let mut columns = Vec::with_capacity(names.len());
        for width in widths {
            columns.push((x, width - GAP));
            x += width;
        }
        let names = names.iter().zip(&columns).map(|(name, (_, width))| {
            let mut lines = text::lines(&mut self.face, name, width * 1000.0 / Style::Column.size());
            lines.truncate(LINES_OF_A_NAME);
            lines
        });
        let names = names.collect();
        self.head = None;
        self.room(2.0 * LINES_OF_A_NAME as f32 * Style::Column.leading());
        self.head = Some(Head { names, columns });
        self.repeat_head();
    }

    /// No more rows: what follows is text again.
    pub fn end_table(&mut self) {
        self.head = None;
        self.y -= Style::Column.leading();
    }

    /// The next row. It stays on one page unless it is longer than one.
    pub fn row(&mut self, cells: &[String]) {
        let Some(head) = self.head.take() else { return };
        let cells: Vec<Vec<Line>> = cells
            .iter()
            .zip(&head.columns)
            .map(|(cell, (_, width))| text::lines(&mut self.face, cell, width * 1000.0 / Style::Cell.size()))
            .collect();
        let columns = head.columns.clone();
        let (tall, leading) = (cells.iter().map(Vec::len).max().unwrap_or(0).max(1), Style::Cell.leading());
        self.head = Some(head);
        let height = tall as f32 * leading;
        if height < self.top() - self.margin() - 6.0 * Style::Column.leading() {
            self.room(height);
        }
        for at in 0..tall {
            self.room(leading);
            self.y -= leading;
            for (lines, (x, width)) in cells.iter().zip(&columns) {
                if let Some(line) = lines.get(at) {
                    self.set(line, Style::Cell, *x, *width);
                }
            }
        }
        self.y -= 2.0;
    }

    /// Writes the head of the table, if one is being written.
    pub(super) fn repeat_head(&mut self) {
        let Some(head) = self.head.take() else { return };
        let tall = head.names.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..tall {
            self.y -= Style::Column.leading();
            for (lines, (x, width)) in head.names.iter().zip(&head.columns) {
                if let Some(line) = lines.get(at) {
                    self.set(line, Style::Column, *x, *width);
                }
            }
        }
        self.y -= 4.0;
        self.head = Some(head);
    }

    /// What each column gets of the width: what it needs, within bounds, and all together all of it.
    fn widths(&mut self, names: &[String], like: &[Vec<String>]) -> Vec<f32> {
        let mut wanted = Vec::with_capacity(names.len());
        let equal = self.width() / names.len().max(1) as f32;
        for (at, name) in names.iter().enumerate() {
            let cells = like.iter().filter_map(|row| row.get(at)).map(|cell| self.wide(cell, Style::Cell));
            let cells = cells.fold(0.0, f32::max);
            let needed = self.wide(name, Style::Column).max(cells) + GAP;
            wanted.push(needed.clamp(LEAST * equal, MOST * equal));
        }
        let all: f32 = wanted.iter().sum();
        let scale = self.width() / all.max(1.0);
        wanted.iter().map(|width| width * scale).collect()
    }

    /// How far a text goes without being broken, in points.
    fn wide(&mut self, says: &str, style: Style) -> f32 {
        let lines = text::lines(&mut self.face, says, f32::MAX);
        lines.iter().map(|line| line.width).fold(0.0, f32::max) * style.size() / 1000.0
    }
}
