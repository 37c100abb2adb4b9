//! What a receipt states about a message, in the one form it may be written in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealpost_store::{ContactId, EventId, MessageId, Org, OrgId, TemplateId, Time};
use serde::{Deserialize, Serialize};

use super::model::{Message, State};
use super::witness::Witness;
use crate::channels::ChannelKind;
use crate::storage::Mode;

/// Everything a receipt is about: ids, times, versions, and commitments to what was said to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Statement {
    /// The message.
    pub(crate) message: MessageId,
    /// Whose it is.
    pub(crate) organisation: OrgId,
    /// `test` or `live`.
    pub(crate) environment: String,
    /// To whom.
    pub(crate) contact: ContactId,
    /// What was fired.
    pub(crate) event: EventId,
    /// Which version of it.
    pub(crate) event_version: u32,
    /// What it says.
    pub(crate) template: TemplateId,
    /// Which version of it.
    pub(crate) template_version: u32,
    /// Which way it went.
    pub(crate) channel: ChannelKind,
    /// `otp`, `transactional` or `marketing`.
    pub(crate) class: String,
    /// What of it was to be stored for how long.
    pub(crate) storage: Mode,
    /// When it was accepted.
    pub(crate) accepted_at: Time,
    /// When it came to its end.
    pub(crate) ended_at: Time,
    /// Which that was.
    pub(crate) state: State,
    /// Why, as a code, if it needs a reason.
    pub(crate) reason: Option<String>,
    /// How often a provider was asked.
    pub(crate) attempts: u32,
    /// What the provider calls it, if one took it.
    pub(crate) provider_id: Option<String>,
    /// The commitment to the rendered content, in base64.
    pub(crate) content: String,
    /// The commitment to the address, in base64.
    pub(crate) recipient: String,
}

/// How a message ended.
pub(crate) struct End<'e> {
    pub(crate) state: State,
    pub(crate) reason: Option<&'e str>,
    pub(crate) attempts: u32,
    pub(crate) at: Time,
    pub(crate) provider_id: Option<&'e str>,
}

impl Statement {
    /// What is to be stated about this message.
    pub(crate) fn of(org: Org, message: &Message, end: &End<'_>, witness: &Witness) -> Self {
        Self {
            message: message.id,
            organisation: org.id,
            environment: org.environment.as_str().to_owned(),
            contact: message.contact,
            event: message.event,
            event_version: message.event_version,
            template: message.template,
            template_version: message.template_version,
            channel: message.channel,
            class: message.class.clone(),
            storage: message.storage,
            accepted_at: message.created_at,
            ended_at: end.at,
            state: end.state,
            reason: end.reason.map(str::to_owned),
            attempts: end.attempts,
            provider_id: end.provider_id.map(str::to_owned),
            content: STANDARD.encode(witness.content),
            recipient: STANDARD.encode(witness.recipient),
        }
    }

    /// The text that is committed to: compact JSON, its members in this order.
    pub(crate) fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}
