//! Documents to read, as PDF: any script, pages that are written as they fill, in bounded memory.
//!
//! * `face` is the one font, embedded as the part of it that was used; `joining` gives Arabic letters the forms they have beside each
//!   other; `text` breaks lines and puts them into the order they are read in (UAX #9).
//! * `sheets` fills pages, `table` puts rows on them below a head that every page repeats, and `file` writes each page as soon as it is
//!   full.
//!
//! A code point that the font lacks is shown as `[U+4E2D]`. See `docs/decisions/0030-export-and-pdf.md`.

mod face;
mod file;
mod joining;
mod sheets;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use sheets::{Paper, Shape, Style};

/// A page can't be written.
#[derive(Debug, thiserror::Error)]
#[error("a page can't be written: {0}")]
pub struct Unprintable(&'static str);
