//! Filters, as links: what a list shows stands in its URL.

use askama::Template;

use super::markup;

/// Links of which one is where one is.
#[derive(Clone, Debug, Default, Template)]
#[template(
    ext = "html",
    source = r#"<nav class="filters" aria-label="{{ label }}">{% for chip in chips %}<a class="chip" href="{{ chip.href }}" {% if chip.current %}aria-current="true"{% endif %}>{{ chip.says }}</a>{% endfor %}</nav>"#
)]
pub struct Chips {
    label: &'static str,
    chips: Vec<Chip>,
}

#[derive(Clone, Debug)]
struct Chip {
    says: String,
    href: String,
    current: bool,
}

impl Chips {
    /// Filters of what `label` says.
    pub fn new(label: &'static str) -> Self {
        Self { label, chips: Vec::new() }
    }

    /// One more.
    pub fn chip(mut self, says: impl Into<String>, href: impl Into<String>, current: bool) -> Self {
        self.chips.push(Chip { says: says.into(), href: href.into(), current });
        self
    }
}

markup!(Chips);
