//! What a route is.

use schemars::JsonSchema;
use sealpost_store::{ChannelId, RouteId, StoreError, Time};
use sealpost_web::Failure;
use serde::{Deserialize, Serialize};

use crate::channels::ChannelKind;
use crate::label::Label;

/// In which order steps are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RouteStrategy")]
pub enum Strategy {
    /// As they are listed.
    FailOver,
    /// Each is the first of as many messages as every other; the rest follow in a ring.
    RoundRobin,
    /// Each is the first by its share, decided by the message's id.
    Weighted,
}

impl Strategy {
    pub(super) const ALL: [Self; 3] = [Self::FailOver, Self::RoundRobin, Self::Weighted];

    /// Its name: `fail_over`, `round_robin`, `weighted`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FailOver => "fail_over",
            Self::RoundRobin => "round_robin",
            Self::Weighted => "weighted",
        }
    }
}

/// What follows an attempt of which nobody knows whether it was sent, for messages that may be sent again at all: codes. Every other
/// message ends as `unknown`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RouteOnUnknown")]
pub enum OnUnknown {
    /// The same channel is asked again: a mailbox that got it twice shows it once.
    #[default]
    Same,
    /// The next step is tried.
    Next,
}

impl OnUnknown {
    /// Its name: `same`, `next`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Next => "next",
        }
    }
}

/// One step of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RouteStep")]
pub struct Step {
    /// Through which channel; none stands in a route twice.
    #[serde(rename = "channel_id")]
    pub channel: ChannelId,
    /// Its share, relative to those of the others: of `weighted` routes each step has one, of others none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 1, max = 1000))]
    pub share: Option<u32>,
    /// Within how many seconds the channel has to have taken the message; as long as its provider may be asked if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 5, max = 600))]
    pub accepted_within_s: Option<u32>,
}

/// What a version of a route says, checked by [`rules::check`](super::rules::check).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// In which order steps are tried.
    pub strategy: Strategy,
    /// What follows an attempt of which nobody knows.
    pub on_unknown: OnUnknown,
    /// The steps, as they are listed.
    pub steps: Vec<Step>,
}

/// A route to be made.
pub struct NewRoute {
    /// What it is called.
    pub name: Label,
    /// What its first version says.
    pub plan: Plan,
}

/// A route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its id.
    pub id: RouteId,
    /// What it is called.
    pub name: String,
    /// What its channels are for.
    pub kind: ChannelKind,
    /// Its newest version.
    pub version: u32,
    /// The one in force; 0: none, until others have agreed to the first.
    pub live: u32,
    /// How often that was decided.
    pub promotions: u32,
    /// When it was made.
    pub created_at: Time,
}

impl Route {
    /// The version in force; the newest, while there is none.
    pub(super) const fn shown(&self) -> u32 {
        if self.live > 0 { self.live } else { self.version }
    }
}

/// One version of a route; never changes.
#[derive(Clone, Debug)]
pub struct RouteVersion {
    /// Its number, from 1.
    pub version: u32,
    /// What it says.
    pub plan: Plan,
    /// When it was made.
    pub created_at: Time,
    /// Since when it has been in force for the first time, if it ever was.
    pub released_at: Option<Time>,
}

/// A version of a route, as messages refer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteRef {
    /// The route.
    pub id: RouteId,
    /// Which version of it.
    pub version: u32,
}

/// What came of asking a channel, as far as a route is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RouteAnswer")]
pub enum Answer {
    /// It has taken the message.
    Accepted,
    /// The address is not one anybody delivers to: no other channel cures that.
    Undeliverable,
    /// This channel will never take it; another one may.
    Refused,
    /// Not now, or not in time: another channel may take it, and so may this one later.
    Later,
    /// Nobody knows whether it was sent.
    Unknown,
}

impl Answer {
    pub(super) const ALL: [Self; 5] = [Self::Accepted, Self::Undeliverable, Self::Refused, Self::Later, Self::Unknown];

    /// The word it is stored and shown as.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Undeliverable => "undeliverable",
            Self::Refused => "refused",
            Self::Later => "later",
            Self::Unknown => "unknown",
        }
    }

    /// The answer of this word.
    pub(super) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.word() == word)
    }
}

/// Where a message is on its route: during one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Which step, as they are listed, from 0.
    pub step: u32,
    /// How often all steps had been tried before.
    pub round: u32,
    /// Through which channel.
    pub channel: ChannelId,
}

/// An attempt that is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Which step, as they are listed, from 0.
    pub step: u32,
    /// How often all steps had been tried before.
    pub round: u32,
    /// What came of it; [`Answer::Unknown`] if the process died before it could say so.
    pub answer: Answer,
}

/// Why a route is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RouteRefusal {
    /// Another route has this name.
    #[error("another route has this name")]
    NameTaken,
    /// What it says can't be done.
    #[error("a route can't be so")]
    Plan {
        /// Where: a pointer into the body.
        at: String,
        /// Why, as a code.
        code: &'static str,
    },
    /// A channel is not there, or not for the same as the others.
    #[error("there is no such channel for this route")]
    ChannelUnsuitable {
        /// At which step, from 0.
        step: usize,
    },
    /// Another version was put into force meanwhile.
    #[error("another version is in force")]
    Moved,
    /// There is no such version of it.
    #[error("there is no such version of the route")]
    VersionUnknown,
    /// There is no such route here.
    #[error("there is no such route")]
    NotFound,
    /// Others would have to agree, and can't be asked.
    #[error("others would have to agree")]
    Unasked(Failure),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
