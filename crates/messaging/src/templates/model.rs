//! What a template is.

use sealpost_store::{StoreError, TemplateId, Time};
use serde::{Deserialize, Serialize};

use super::compiled::RenderError;
use super::rules::ContentError;
use crate::channels::ChannelKind;
use crate::label::Label;

/// The parts a version may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The subject of an e-mail.
    Subject,
    /// The text.
    Text,
    /// The HTML alternative of an e-mail.
    Html,
}

impl Part {
    /// Its name: `subject`, `text`, `html`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
        }
    }
}

/// The source of a version: an e-mail has a subject and a text and may have HTML; an SMS has a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TemplateContent")]
pub struct Content {
    /// The subject.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// The HTML.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub html: Option<String>,
}

impl Content {
    /// The parts it has, in the order people read them.
    pub fn parts(&self) -> impl Iterator<Item = (Part, &str)> {
        let subject = self.subject.as_deref().map(|source| (Part::Subject, source));
        let html = self.html.as_deref().map(|source| (Part::Html, source));
        subject.into_iter().chain([(Part::Text, self.text.as_str())]).chain(html)
    }
}

/// A template to be made, with its first version.
pub struct NewTemplate {
    /// What it is called.
    pub name: Label,
    /// What it is for.
    pub channel: ChannelKind,
    /// Its first version.
    pub content: Content,
}

/// A template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub channel: ChannelKind,
    /// Its newest version.
    pub version: u32,
    /// When it was made.
    pub created_at: Time,
}

/// One version of a template; never changes.
#[derive(Clone, Debug)]
pub struct TemplateVersion {
    /// Its number, from 1.
    pub version: u32,
    /// What it says.
    pub content: Content,
    /// When it was made.
    pub created_at: Time,
}

/// Why a template is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum TemplateRefusal {
    /// The content can't be a version.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// Another template has this name.
    #[error("another template has this name")]
    NameTaken,
    /// The data doesn't fill the template.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// What was rendered holds a card number.
    #[error("the result holds a card number")]
    CardNumber,
    /// There is no such template or version here.
    #[error("there is no such template")]
    NotFound,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
