//! Where there is nothing: what the place is for, the line that would fill it, one button.

use askama::Template;

use super::{Line, markup};
use crate::shell::Icon;

/// An empty place. *Nothing yet*, *nothing matches*, *not allowed* and *not stored by policy* are different things: its title says
/// which.
#[derive(Clone, Debug, Template)]
#[template(path = "shell/parts/empty.html")]
pub struct Empty {
    icon: Icon,
    title: String,
    says: String,
    line: Option<Line>,
    deeds: Vec<Deed>,
}

/// Something one may do: a link that looks like a button.
#[derive(Clone, Debug)]
pub struct Deed {
    /// What it says.
    pub says: String,
    /// Where it leads.
    pub href: String,
}

impl Empty {
    /// What the place is for, in a sentence.
    pub fn new(icon: Icon, title: impl Into<String>, says: impl Into<String>) -> Self {
        Self { icon, title: title.into(), says: says.into(), line: None, deeds: Vec::new() }
    }

    /// The line that would fill it.
    pub fn line(mut self, line: impl Into<String>) -> Self {
        self.line = Some(Line::new(line));
        self
    }

    /// A button, for whoever has somewhere to go; the first is the main one.
    pub fn deed(mut self, says: impl Into<String>, href: impl Into<Option<String>>) -> Self {
        self.deeds.extend(href.into().map(|href| Deed { says: says.into(), href }));
        self
    }
}

markup!(Empty);
