//! What an event is.

use schemars::JsonSchema;
use sealpost_store::{Cell, ChannelId, Column, EventId, Param, RouteId, StoreError, TemplateId, Time, Value};
use sealpost_web::Failure;
use serde::{Deserialize, Serialize};

use crate::channels::ChannelKind;
use crate::label::Label;
use crate::templates::TemplateRefusal;
use crate::versions::{Standing, VersionRefusal};

/// What messages of an event are for; decides what permission they need and what becomes of their payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A one-time code.
    Otp,
    /// What somebody needs because of something they did.
    Transactional,
    /// What somebody has agreed to get.
    Marketing,
}

impl Class {
    pub(crate) const ALL: [Self; 3] = [Self::Otp, Self::Transactional, Self::Marketing];

    /// Its name: `otp`, `transactional`, `marketing`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Otp => "otp",
            Self::Transactional => "transactional",
            Self::Marketing => "marketing",
        }
    }
}

impl Column for Class {
    fn read(cell: Cell<'_>) -> Option<Self> {
        let Cell::Text(name) = cell else { return None };
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }
}

impl Param for Class {
    fn value(&self) -> Value<'_> {
        Value::Text(self.as_str())
    }
}

/// A version to be made.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// What it is for.
    pub class: Class,
    /// What it says.
    pub template: TemplateId,
    /// Which version of the template; always the one in force if none.
    pub template_version: Option<u32>,
    /// Through what it goes; the first channel made for the template's kind if none.
    pub channel: Option<ChannelId>,
    /// Along which route it goes instead.
    pub route: Option<RouteId>,
}

/// An event to be made, with its first version.
pub struct NewEvent {
    /// What it is called.
    pub name: Label,
    /// Its first version.
    pub version: NewVersion,
}

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What it is called.
    pub name: String,
    /// Its newest version.
    pub version: u32,
    /// The version in force; none, until others have agreed to the first.
    pub in_force: Option<u32>,
    /// How often that was decided.
    pub promotions: u32,
    /// When it was made.
    pub created_at: Time,
}

impl Event {
    /// How its versions stand.
    pub(crate) fn standing(&self) -> Standing {
        Standing { newest: self.version, in_force: self.in_force, promotions: self.promotions }
    }
}

/// One version of an event; never changes.
#[derive(Clone, Debug)]
pub struct EventVersion {
    /// Its number, from 1.
    pub version: u32,
    /// What it is for.
    pub class: Class,
    /// What it says.
    pub template: TemplateId,
    /// Which version of the template, if it is pinned to one.
    pub template_version: Option<u32>,
    /// Through what it goes, if that is said.
    pub channel: Option<ChannelId>,
    /// Along which route it goes, if that is said.
    pub route: Option<RouteId>,
    /// When it was made.
    pub created_at: Time,
    /// Since when it has been in force for the first time, if it ever was.
    pub released_at: Option<Time>,
}

/// What firing an event means now.
#[derive(Clone, Debug)]
pub struct EventSpec {
    /// The event.
    pub id: EventId,
    /// The version in force.
    pub version: u32,
    /// What it is for.
    pub class: Class,
    /// The way it goes.
    pub channel: ChannelKind,
    /// Through what it goes; nothing where no channel of the kind was made yet, which is enough for the test environment.
    pub channel_id: Option<ChannelId>,
    /// Along which route it goes instead.
    pub route: Option<RouteId>,
    /// What it says.
    pub template: TemplateId,
    /// Which version of the template: the pinned one or the one in force.
    pub template_version: u32,
}

/// Why an event is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum EventRefusal {
    /// Another event has this name.
    #[error("another event has this name")]
    NameTaken,
    /// There is no such template here, or no such version of it.
    #[error("there is no such template")]
    TemplateUnknown,
    /// There is no such channel here, or it is not for what the template is for.
    #[error("there is no such channel for this template")]
    ChannelUnsuitable,
    /// There is no such route here, it is not for what the template is for, or a channel is named beside it.
    #[error("there is no such route for this template")]
    RouteUnsuitable,
    /// There is no such event here.
    #[error("there is no such event")]
    NotFound,
    /// A version isn't put into force.
    #[error(transparent)]
    Version(#[from] VersionRefusal),
    /// The template it brings can't go along.
    #[error(transparent)]
    Template(TemplateRefusal),
    /// Others would have to agree, and can't be asked.
    #[error("others would have to agree")]
    Unasked(Failure),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
