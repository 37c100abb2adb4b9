//! What people copy: ids, secrets that are shown once, lines for a shell.

use askama::Template;

use super::markup;
use crate::shell::Icon;

/// An id with a button that copies it.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = r#"<span class="id"><span>{{ text }}</span><button class="copy" type="button" data-copy="{{ text }}" aria-label="Copy {{ text }}">{{ Icon::Copy }}</button></span>"#
)]
pub struct Ident {
    text: String,
}

impl Ident {
    /// This id.
    pub fn new(id: impl ToString) -> Self {
        Self { text: id.to_string() }
    }
}

/// A line to copy into a shell or a program.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = r#"<div class="line"><code>{{ text }}</code><button class="copy" type="button" data-copy="{{ text }}" aria-label="Copy this line">{{ Icon::Copy }}</button></div>"#
)]
pub struct Line {
    text: String,
}

impl Line {
    /// This line.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

markup!(Ident, Line);
