//! What a template is.

use sealpost_store::{StoreError, TemplateId, Time};
use sealpost_web::Failure;
use serde::{Deserialize, Serialize};

use super::compiled::RenderError;
use super::rules::ContentError;
use crate::channels::ChannelKind;
use crate::label::Label;
use crate::versions::{ContentDigest, Fields, Standing, VersionRefusal};

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
    /// All of them, in the order people read them.
    pub const ALL: [Self; 3] = [Self::Subject, Self::Text, Self::Html];

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Subject => "Subject",
            Self::Text => "Text",
            Self::Html => "HTML",
        }
    }

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

    /// The source of one part, if it has it.
    pub fn part(&self, part: Part) -> Option<&str> {
        self.parts().find(|(one, _)| *one == part).map(|(_, source)| source)
    }

    /// What says whether the same stands elsewhere.
    pub fn digest(&self, channel: ChannelKind) -> ContentDigest {
        let Self { subject, text, html } = self;
        Fields::of("template")
            .with("channel", Some(channel.as_str()))
            .with("subject", subject.as_deref())
            .with("text", Some(text))
            .with("html", html.as_deref())
            .digest()
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
    /// The version in force; none, until others have agreed to the first.
    pub in_force: Option<u32>,
    /// How often that was decided.
    pub promotions: u32,
    /// When it was made.
    pub created_at: Time,
}

impl Template {
    /// How its versions stand.
    pub(crate) fn standing(&self) -> Standing {
        Standing { newest: self.version, in_force: self.in_force, promotions: self.promotions }
    }
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
    /// Since when it has been in force for the first time, if it ever was.
    pub released_at: Option<Time>,
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
    /// A version isn't put into force.
    #[error(transparent)]
    Version(#[from] VersionRefusal),
    /// Others would have to agree, and can't be asked.
    #[error("others would have to agree")]
    Unasked(Failure),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
