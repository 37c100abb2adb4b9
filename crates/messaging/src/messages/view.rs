//! How messages are shown: masked, unless the viewer has leave to see.

use schemars::JsonSchema;
use sealpost_govern::masking::structure;
use sealpost_seal::viewer::{Field, Viewer};
use sealpost_seal::{Personal, View};
use sealpost_store::{
    ChannelId, ContactId, Ctx, EventId, MessageId, Org, RouteId, Store, StoreError, TemplateId, Time,
};
use serde::Serialize;
use serde_json::Value;

use super::model::{Message, Payload, State, Step};
use super::sealing::MessageKey;
use crate::channels::ChannelKind;
use crate::contacts::Contacts;
use crate::storage::Mode;

/// A message.
#[derive(Serialize, JsonSchema)]
pub(super) struct MessageView {
    /// Its id.
    pub(super) id: MessageId,
    /// `test` or `live`.
    pub(super) environment: &'static str,
    /// Where it stands.
    pub(super) state: State,
    /// Why, as a code, where the state needs a reason.
    pub(super) reason: Option<String>,
    /// To whom.
    pub(super) contact_id: ContactId,
    /// The address it goes to, masked.
    #[schemars(with = "Value")]
    pub(super) to: View,
    /// What the caller gave to fill the template: its keys, with masked values. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Value>,
    /// What was fired.
    pub(super) event_id: EventId,
    /// Which version of it.
    pub(super) event_version: u32,
    /// What it says.
    pub(super) template_id: TemplateId,
    /// Which version of it.
    pub(super) template_version: u32,
    /// Which way it goes.
    pub(super) channel: ChannelKind,
    /// Along which route, if its event says so.
    pub(super) route_id: Option<RouteId>,
    /// Which version of it: the one that was in force when the message was accepted.
    pub(super) route_version: Option<u32>,
    /// `otp`, `transactional` or `marketing`.
    pub(super) class: String,
    /// What of it is stored for how long, as it was decided when it was accepted.
    pub(super) storage: Mode,
    /// Why it may be sent.
    pub(super) decision: Value,
    /// How often a provider was asked.
    pub(super) attempts: u32,
    /// Not to be sent after this.
    pub(super) send_before: Option<Time>,
    /// When it was accepted.
    pub(super) created_at: Time,
    /// When it came to its state.
    pub(super) updated_at: Time,
}

/// A step of a message's life.
#[derive(Serialize, JsonSchema)]
pub(crate) struct StepView {
    /// What happened: `accepted`, `attempt_started`, `sent`, `delivered`, `failed`, `report_delivered`, …
    pub(crate) kind: String,
    /// When.
    pub(crate) at: Time,
    /// During which attempt; 0 outside of one.
    pub(crate) attempt: u32,
    /// A code that says more.
    pub(crate) detail: Option<String>,
    /// Which step of its route that attempt was, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) route_step: Option<u32>,
    /// Through which channel, if a route chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channel_id: Option<ChannelId>,
}

impl From<Step> for StepView {
    fn from(step: Step) -> Self {
        Self {
            kind: step.kind,
            at: step.at,
            attempt: step.attempt,
            detail: step.detail,
            route_step: step.leg.map(|(step, _)| step.saturating_add(1)),
            channel_id: step.leg.map(|(_, channel)| channel),
        }
    }
}

/// Makes views of messages. Opens a seal only if this viewer sees anything of what is in it.
pub(super) struct Views<'v> {
    pub(super) store: &'v Store,
    pub(super) contacts: &'v Contacts,
}

/// What was opened of a message.
pub(super) struct Opened {
    pub(super) recipient: Personal<String>,
    pub(super) payload: Option<Payload>,
}

impl Views<'_> {
    /// The message in a list, as `ctx`'s viewer may see it.
    pub(super) async fn brief(&self, ctx: &Ctx, message: &Message) -> Result<MessageView, StoreError> {
        if let Some(gone) = message.gone {
            return Ok(view(ctx.org, message, View::NotStored(gone.rule()), None));
        }
        if message.recipient.is_empty() {
            return Ok(view(ctx.org, message, View::NotStored(ERASED), None));
        }
        if sees_nothing(&ctx.viewer) {
            return Ok(view(ctx.org, message, View::masked(), None));
        }
        let to = match self.open(ctx, message).await {
            Ok(opened) => ctx.viewer.text(&opened.recipient, field(message)),
            Err(StoreError::KeyGone) => View::NotStored(ERASED),
            Err(error) => return Err(error),
        };
        Ok(view(ctx.org, message, to, None))
    }

    /// The whole message, as `ctx`'s viewer may see it.
    pub(super) async fn full(&self, ctx: &Ctx, message: &Message) -> Result<MessageView, StoreError> {
        if let Some(gone) = message.gone {
            return Ok(view(ctx.org, message, View::NotStored(gone.rule()), Some(not_stored(gone.rule()))));
        }
        let opened = match self.open(ctx, message).await {
            Ok(opened) => opened,
            Err(StoreError::KeyGone) => {
                return Ok(view(ctx.org, message, View::NotStored(ERASED), Some(not_stored(ERASED))));
            }
            Err(error) => return Err(error),
        };
        let data = match opened.payload {
            Some(payload) => structure(&ctx.viewer, Value::Object(payload.data)),
            None => not_stored(NOT_KEPT),
        };
        Ok(view(ctx.org, message, ctx.viewer.text(&opened.recipient, field(message)), Some(data)))
    }

    /// Opens the message. Whoever calls this has recorded why.
    pub(super) async fn open(&self, ctx: &Ctx, message: &Message) -> Result<Opened, StoreError> {
        let subject = self.contacts.subject(ctx, message.contact).await.map_err(|_| StoreError::KeyGone)?;
        let slot = self.store.keys().slot(ctx.org.id, message.slot).await?;
        let key = MessageKey::new(&subject.key, &slot, message.slot);
        let recipient = key.recipient(ctx.org, message.id, message.contact, &message.recipient)?;
        ctx.viewer.opened(&recipient, field(message));
        let payload = match &message.payload {
            Some(sealed) => Some(key.payload(ctx.org, message.id, message.contact, sealed)?),
            None => None,
        };
        Ok(Opened { recipient, payload })
    }
}

/// The rule by which a payload is not there.
pub(super) const NOT_KEPT: &str = "payload_storage";
/// The rule by which nothing of a message is there.
pub(super) const ERASED: &str = "erased";

fn sees_nothing(viewer: &Viewer) -> bool {
    viewer.grant().is_none() && !viewer.sees_last4()
}

pub(super) fn field(message: &Message) -> Field {
    match message.channel {
        ChannelKind::Email => Field::Email,
        ChannelKind::Sms => Field::Phone,
    }
}

pub(super) fn not_stored(rule: &'static str) -> Value {
    serde_json::to_value(View::NotStored(rule)).unwrap_or(Value::Null)
}

fn view(org: Org, m: &Message, to: View, data: Option<Value>) -> MessageView {
    MessageView {
        id: m.id,
        environment: org.environment.as_str(),
        state: m.state,
        reason: m.reason.clone(),
        contact_id: m.contact,
        to,
        data,
        event_id: m.event,
        event_version: m.event_version,
        template_id: m.template,
        template_version: m.template_version,
        channel: m.channel,
        route_id: m.route.map(|route| route.id),
        route_version: m.route.map(|route| route.version),
        class: m.class.clone(),
        storage: m.storage,
        decision: serde_json::from_str(&m.decision).unwrap_or(Value::Null),
        attempts: m.attempts,
        send_before: m.send_before,
        created_at: m.created_at,
        updated_at: m.updated_at,
    }
}
