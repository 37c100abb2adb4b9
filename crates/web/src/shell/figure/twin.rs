//! The table behind a picture.

use askama::Template;

use crate::shell::Icon;

/// The same numbers as a table, folded away.
#[derive(Clone, Debug, Template)]
#[template(path = "shell/figure/twin.html")]
pub struct Twin {
    caption: String,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Twin {
    /// A table with this caption and these heads; the first column names the row.
    pub fn new(caption: impl Into<String>, heads: Vec<String>, rows: Vec<Vec<String>>) -> Self {
        Self { caption: caption.into(), heads, rows }
    }
}

impl askama::filters::HtmlSafe for Twin {}
