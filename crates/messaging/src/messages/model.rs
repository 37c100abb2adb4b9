//! What a message is, and how its states follow each other.

use sealpost_store::{ChannelId, ContactId, EventId, MessageId, SlotId, TemplateId, Time};
use serde::{Deserialize, Serialize};

use crate::channels::ChannelKind;
use crate::routes::RouteRef;
use crate::storage::{Gone, Mode};

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Accepted and durable; not yet tried, or waiting for the next try.
    Queued,
    /// A provider is being asked right now, or was when the process died.
    Sending,
    /// The provider has taken it.
    Sent,
    /// It has arrived, as far as anybody can tell; in the test environment: in the sandbox outbox.
    Delivered,
    /// Nobody will try again.
    Failed,
    /// The provider was asked and its answer is lost: it may or may not have been sent.
    Unknown,
    /// Taken back before it was sent.
    Cancelled,
    /// Not sent before its `send_before`.
    Expired,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Failed,
        Self::Unknown,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The word it is stored and shown as.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// The state of this word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing will follow.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Sending)
    }

    /// Whether it ended without arriving, as far as anybody knows.
    pub const fn is_lost(self) -> bool {
        matches!(self, Self::Failed | Self::Unknown | Self::Cancelled | Self::Expired)
    }

    /// The event that endpoints hear of when a message comes to this state.
    pub const fn event(self) -> Option<&'static str> {
        Some(match self {
            Self::Queued | Self::Sending => return None,
            Self::Sent => "message.sent",
            Self::Delivered => "message.delivered",
            Self::Failed => "message.failed",
            Self::Unknown => "message.unknown",
            Self::Cancelled => "message.cancelled",
            Self::Expired => "message.expired",
        })
    }

    /// The ledger action of coming to this state.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Queued => "message.queue",
            Self::Sending => "message.attempt",
            Self::Sent => "message.send",
            Self::Delivered => "message.deliver",
            Self::Failed => "message.fail",
            Self::Unknown => "message.lose",
            Self::Cancelled => "message.cancel",
            Self::Expired => "message.expire",
        }
    }
}

/// How messages stand, told apart in lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// `queued` or `sending`.
    UnderWay,
    /// `failed`, `unknown`, `expired` or `cancelled`.
    NotDelivered,
}

impl Standing {
    /// The word it is asked for by.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::UnderWay => "under_way",
            Self::NotDelivered => "not_delivered",
        }
    }
}

/// Which messages a list is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) enum Which {
    /// All there are.
    #[default]
    All,
    /// Those to one contact.
    To(ContactId),
    /// Those that stand so.
    Standing(Standing),
}

/// A message as it is stored.
pub(crate) struct Message {
    /// Its id.
    pub id: MessageId,
    /// To whom.
    pub contact: ContactId,
    /// What was fired.
    pub event: EventId,
    /// Which version of it.
    pub event_version: u32,
    /// What it says.
    pub template: TemplateId,
    /// Which version of it.
    pub template_version: u32,
    /// Which way it goes.
    pub channel: ChannelKind,
    /// Through which channel, if one was known when it was accepted.
    pub sender: Option<ChannelId>,
    /// Along which route, in the version that was in force when it was accepted.
    pub route: Option<RouteRef>,
    /// `otp`, `transactional` or `marketing`.
    pub class: String,
    /// Where it stands.
    pub state: State,
    /// Why, as a code, where the state needs a reason.
    pub reason: Option<String>,
    /// Its slot of the key store.
    pub slot: SlotId,
    /// The sealed address.
    pub recipient: Vec<u8>,
    /// The sealed data and rendered content; absent once it has been shredded or where it was never stored.
    pub payload: Option<Vec<u8>>,
    /// What of it is stored for how long, as it was decided when it was accepted.
    pub storage: Mode,
    /// Why nothing of what was sealed is stored any more, or ever was.
    pub gone: Option<Gone>,
    /// Why it may be sent: the decision, as JSON.
    pub decision: String,
    /// The endpoints named by the caller; none means all that hear of it.
    pub callbacks: Vec<String>,
    /// How often a provider was asked.
    pub attempts: u32,
    /// Not to be sent after this.
    pub send_before: Option<Time>,
    /// When it was accepted.
    pub created_at: Time,
    /// When it came to its state.
    pub updated_at: Time,
}

impl Message {
    /// The same without what nothing may be written of.
    pub(super) fn to_be_stored(&self) -> (&[u8], Option<&[u8]>) {
        match self.storage {
            Mode::Never => (&[], None),
            Mode::Keep | Mode::UntilDelivered => (&self.recipient, self.payload.as_deref()),
        }
    }
}

/// One step of a message's life.
#[derive(Clone)]
pub(super) struct Step {
    /// What happened.
    pub kind: String,
    /// When.
    pub at: Time,
    /// During which attempt; 0 outside of one.
    pub attempt: u32,
    /// A code that says more.
    pub detail: Option<String>,
    /// Which step of its route that attempt was, from 0, and through which channel.
    pub leg: Option<(u32, ChannelId)>,
}

/// What is sealed as a message's payload.
#[derive(Serialize, Deserialize)]
pub(super) struct Payload {
    /// What the caller gave to fill the template.
    pub data: serde_json::Map<String, serde_json::Value>,
    /// What was made of it.
    pub content: Content,
}

/// A message's rendered content.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    /// E-mail only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) subject: Option<String>,
    /// The text.
    pub(crate) text: String,
    /// E-mail only, and only if the template has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) html: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_survive_the_database() {
        for state in State::ALL {
            assert_eq!(State::read(state.word()), Some(state));
        }
        assert_eq!(State::read("gone"), None);
    }

    #[test]
    fn endpoints_hear_of_every_final_state() {
        for state in State::ALL {
            assert_eq!(state.is_final(), state.event().is_some());
        }
    }
}
