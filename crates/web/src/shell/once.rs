//! A page that shows a secret, this once.

use askama::Template;

use super::Icon;
use super::parts::Line;

/// What was made, and what is never shown again.
#[derive(Clone, Template)]
#[template(path = "shell/once.html")]
pub struct ShownOnce {
    title: String,
    says: String,
    secrets: Vec<(&'static str, Line)>,
    others: Vec<(&'static str, Line)>,
    next: (String, String),
    /// Whether this answers a repeated request: then there is nothing to show.
    is_replay: bool,
}

impl ShownOnce {
    /// What was made; `next` is where to go on: what the link says, and where it leads.
    pub fn new(
        title: impl Into<String>,
        says: impl Into<String>,
        next: (impl Into<String>, impl Into<String>),
    ) -> Self {
        Self {
            title: title.into(),
            says: says.into(),
            secrets: Vec::new(),
            others: Vec::new(),
            next: (next.0.into(), next.1.into()),
            is_replay: false,
        }
    }

    /// A secret.
    pub fn secret(mut self, label: &'static str, text: impl Into<String>) -> Self {
        self.secrets.push((label, Line::new(text)));
        self
    }

    /// Something beside it that may be shown again.
    pub fn other(mut self, label: &'static str, text: impl Into<String>) -> Self {
        self.others.push((label, Line::new(text)));
        self
    }

    /// The same for a repeated request: without the secrets.
    pub fn again(&self) -> Self {
        Self { secrets: Vec::new(), is_replay: true, ..self.clone() }
    }
}
