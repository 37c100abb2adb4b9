//! States: a shape and a word, so that none needs its colour to be told from another.

use std::fmt;

use askama::Template;

use super::markup;
use crate::shell::Icon;

/// How good the news is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Ok,
    /// Look at it.
    Warn,
    /// It went wrong.
    Bad,
    /// No news.
    Idle,
}

impl Tone {
    /// Its class in the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Idle => "idle",
        }
    }

    /// What stands before a note of it: a warning sign only where it warns.
    pub const fn icon(self) -> Icon {
        match self {
            Self::Ok => Icon::Check,
            Self::Warn | Self::Bad => Icon::Alert,
            Self::Idle => Icon::Info,
        }
    }
}

/// How far something has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It waits.
    Waiting,
    /// It is on its way.
    Half,
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// Nobody knows.
    Unknown,
    /// It was ended.
    Ended,
}

impl Shape {
    const fn drawing(self) -> &'static str {
        match self {
            Self::Waiting => {
                r#"<circle cx="7" cy="7" r="5.3" fill="none" stroke="currentColor" stroke-width="1.4" stroke-dasharray="2.4 1.75"/>"#
            }
            Self::Half => {
                r#"<circle cx="7" cy="7" r="5.3" fill="none" stroke="currentColor" stroke-width="1.4"/><path d="M7 1.7a5.3 5.3 0 0 1 0 10.6z" fill="currentColor"/>"#
            }
            Self::Done => {
                r#"<circle cx="7" cy="7" r="6" fill="currentColor"/><path class="cut" d="M4.3 7.2l1.9 1.8 3.5-3.9"/>"#
            }
            Self::Failed => {
                r#"<circle cx="7" cy="7" r="6" fill="currentColor"/><path class="cut" d="M4.9 4.9l4.2 4.2M9.1 4.9 4.9 9.1"/>"#
            }
            Self::Unknown => {
                r#"<path d="M7 .9 13.1 7 7 13.1.9 7z" fill="currentColor"/><path class="cut" d="M7 4.2v3.3M7 9.7v.01"/>"#
            }
            Self::Ended => {
                r#"<circle cx="7" cy="7" r="5.3" fill="none" stroke="currentColor" stroke-width="1.4"/><path d="M3.4 10.6l7.2-7.2" stroke="currentColor" stroke-width="1.4"/>"#
            }
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r#"<svg class="dot" viewBox="0 0 14 14" aria-hidden="true">{}</svg>"#, self.drawing())
    }
}

/// A state as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(ext = "html", source = r#"<span class="state {{ tone.class() }}">{{ shape }}{{ word }}</span>"#)]
pub struct State {
    /// What it is called: `Delivered`.
    pub word: &'static str,
    /// How far it has come.
    pub shape: Shape,
    /// How good the news is.
    pub tone: Tone,
}

impl State {
    /// A state of this word.
    pub const fn new(word: &'static str, shape: Shape, tone: Tone) -> Self {
        Self { word, shape, tone }
    }
}

/// A short word beside something.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(ext = "html", source = r#"<span class="tag {{ tone.class() }}">{{ word }}</span>"#)]
pub struct Tag {
    /// The word.
    pub word: String,
    /// How good the news is.
    pub tone: Tone,
}

impl Tag {
    /// A tag without news.
    pub fn new(word: impl Into<String>) -> Self {
        Self { word: word.into(), tone: Tone::Idle }
    }

    /// A tag with news.
    pub fn of(word: impl Into<String>, tone: Tone) -> Self {
        Self { word: word.into(), tone }
    }
}

markup!(Shape, State, Tag);
