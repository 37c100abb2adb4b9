//! The menu at the end of a row: primary, secondary, then a rule, then what destroys.

use askama::Template;

use super::markup;
use crate::shell::Icon;

/// One entry of a menu.
#[derive(Clone, Debug)]
pub enum Item {
    /// Leads somewhere.
    Link {
        /// What it says.
        says: String,
        /// Where it leads.
        href: String,
        /// Its icon.
        icon: Icon,
        /// Whether it leads to something that can't be undone.
        danger: bool,
    },
    /// Copies a text.
    Copy {
        /// What it says.
        says: &'static str,
        /// The text.
        text: String,
    },
    /// A rule between.
    Rule,
}

/// A menu behind three dots.
#[derive(Clone, Debug, Template)]
#[template(path = "shell/parts/menu.html")]
pub struct Menu {
    id: String,
    of: String,
    items: Vec<Item>,
}

impl Menu {
    /// A menu of the thing called `of`; `id` is its own on the page.
    pub fn new(id: impl ToString, of: impl Into<String>) -> Self {
        Self { id: format!("menu-{}", id.to_string()), of: of.into(), items: Vec::new() }
    }

    /// Adds a link.
    pub fn link(mut self, icon: Icon, says: impl Into<String>, href: impl Into<String>) -> Self {
        self.items.push(Item::Link { says: says.into(), href: href.into(), icon, danger: false });
        self
    }

    /// Adds a copy of a text.
    pub fn copy(mut self, says: &'static str, text: impl ToString) -> Self {
        self.items.push(Item::Copy { says, text: text.to_string() });
        self
    }

    /// Adds, behind a rule, a link to what can't be undone.
    pub fn danger(mut self, icon: Icon, says: impl Into<String>, href: impl Into<String>) -> Self {
        self.items.push(Item::Rule);
        self.items.push(Item::Link { says: says.into(), href: href.into(), icon, danger: true });
        self
    }
}

markup!(Menu);
