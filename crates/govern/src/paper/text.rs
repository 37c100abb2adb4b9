//! From a text to lines of glyphs in the order in which they are drawn.

use unicode_bidi::{BidiInfo, Level};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use super::face::Face;
use super::joining::{Written, written};

/// A line, left to right as it is drawn.
pub(super) struct Line {
    /// Glyphs as the file calls them.
    pub(super) glyphs: Vec<u16>,
    /// In thousandths of the size.
    pub(super) width: f32,
    /// Whether it is of a paragraph that is read from the right.
    pub(super) from_the_right: bool,
}

/// What is moved as one: a character with its marks, or the note that stands for one.
struct Cell {
    /// Each with its width.
    glyphs: Vec<(u16, f32)>,
    level: Level,
    /// Whether it is a space, at which a line may end.
    is_space: bool,
}

impl Cell {
    fn width(&self) -> f32 {
        self.glyphs.iter().map(|(_, width)| width).sum()
    }
}

/// A text in lines of at most `width` thousandths of the size.
pub(super) fn lines(face: &mut Face, text: &str, width: f32) -> Vec<Line> {
    let mut all = Vec::new();
    for paragraph in text.lines() {
        let paragraph: String = paragraph.nfc().collect();
        let bidi = BidiInfo::new(&paragraph, None);
        let from_the_right = bidi.paragraphs.first().is_some_and(|paragraph| paragraph.level.is_rtl());
        let cells = cells(face, &paragraph, &bidi.levels);
        for line in broken(cells, width) {
            all.push(drawn(&line, from_the_right));
        }
    }
    all
}

/// Signs that say how others are written and aren't seen themselves.
pub(super) fn is_unseen(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}'
        | '\u{e0100}'..='\u{e01ef}')
}

fn cells(face: &mut Face, paragraph: &str, levels: &[Level]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for Written { at, shape, says } in written(paragraph) {
        let level = levels.get(at).copied().unwrap_or_else(Level::ltr);
        if is_unseen(says.0) {
            continue;
        }
        if says.0 == '\t' {
            cells.extend((0..4).filter_map(|_| cell(face, ' ', (' ', None), level)));
            continue;
        }
        let shape = if level.is_rtl() { mirrored(shape) } else { shape };
        // The form a letter has here, or else the letter.
        let Some(one) = cell(face, shape, says, level).or_else(|| cell(face, says.0, says, level)) else {
            face.lacks(says.0);
            // Its characters are read from the left, wherever it stands.
            let level =
                if level.is_rtl() { Level::new(level.number().saturating_add(1)).unwrap_or(level) } else { level };
            let note = format!("[U+{:04X}]", u32::from(says.0));
            cells.extend(note.chars().filter_map(|sign| cell(face, sign, (sign, None), level)));
            continue;
        };
        match cells.last_mut() {
            // UAX #9 L3: a mark stays behind what it stands on.
            Some(base) if canonical_combining_class(says.0) != 0 && !base.is_space => base.glyphs.extend(one.glyphs),
            _ => cells.push(one),
        }
    }
    cells
}

fn cell(face: &mut Face, shape: char, says: (char, Option<char>), level: Level) -> Option<Cell> {
    let glyph = face.glyph(shape)?;
    let width = face.width(glyph);
    Some(Cell { glyphs: vec![(face.in_use(glyph, says), width)], level, is_space: shape == ' ' })
}

/// UAX #9 L4: what opens from the left closes from the right.
fn mirrored(sign: char) -> char {
    const PAIRS: [(char, char); 6] = [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>'), ('«', '»'), ('‹', '›')];
    let other = PAIRS.iter().find_map(|(open, close)| match sign {
        sign if sign == *open => Some(*close),
        sign if sign == *close => Some(*open),
        _ => None,
    });
    other.unwrap_or(sign)
}

/// Breaks at spaces, and inside of what has none and doesn't fit.
fn broken(cells: Vec<Cell>, width: f32) -> Vec<Vec<Cell>> {
    let (mut lines, mut line, mut used): (Vec<Vec<Cell>>, Vec<Cell>, f32) = (Vec::new(), Vec::new(), 0.0);
    for cell in cells {
        let wide = cell.width();
        if used + wide > width && !line.is_empty() && !cell.is_space {
            let rest = match line.iter().rposition(|cell| cell.is_space) {
                Some(space) => line.split_off(space + 1),
                None => Vec::new(),
            };
            used = rest.iter().map(Cell::width).sum();
            lines.push(std::mem::replace(&mut line, rest));
        }
        used += wide;
        line.push(cell);
    }
    lines.push(line);
    lines
}

fn drawn(line: &[Cell], from_the_right: bool) -> Line {
    let seen = line.iter().rposition(|cell| !cell.is_space).map_or(0, |last| last + 1);
    let line = line.get(..seen).unwrap_or_default();
    let levels: Vec<Level> = line.iter().map(|cell| cell.level).collect();
    let order = BidiInfo::reorder_visual(&levels);
    let glyphs = order.into_iter().filter_map(|index| line.get(index)).flat_map(|cell| &cell.glyphs);
    let (glyphs, widths): (Vec<u16>, Vec<f32>) = glyphs.copied().unzip();
    Line { glyphs, width: widths.iter().sum(), from_the_right }
}
