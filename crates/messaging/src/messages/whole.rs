//! Everything held about messages, for whoever may have all of it: the person's own copy.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use sealpost_govern::masking::structure;
use sealpost_seal::View;
use sealpost_seal::viewer::Viewer;
use sealpost_store::{ContactId, Ctx, EventId, MessageId, StoreError, TemplateId, Time, Tx};
use serde::Serialize;
use serde_json::Value;

use super::accept::compared;
use super::model::{Message, State, Which};
use super::view::{self, ERASED, NOT_KEPT, Opened, StepView, field};
use super::{Messages, store};
use crate::channels::ChannelKind;
use crate::suppressions;

/// The rule by which something can't be shown: what is stored isn't what was sealed.
const DAMAGED: &str = "damaged";

/// A message with everything that is held about it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeldMessage")]
pub(crate) struct Whole {
    /// Its id.
    pub(crate) id: MessageId,
    /// Where it stands.
    pub(crate) state: State,
    /// Why, as a code, where the state needs a reason.
    pub(crate) reason: Option<String>,
    /// The address it went to, or by which rule that isn't stored.
    #[schemars(with = "Value")]
    pub(crate) to: View,
    /// What filled the template, or by which rule that isn't stored.
    pub(crate) data: Value,
    /// What it said: `subject`, `text`, `html`; or by which rule that isn't stored.
    pub(crate) content: Value,
    /// By which rule data and content are not stored; nothing if they are.
    pub(crate) not_stored: Option<&'static str>,
    /// What was fired.
    pub(crate) event_id: EventId,
    /// What that is called.
    pub(crate) event: Option<String>,
    /// Which version of it.
    pub(crate) event_version: u32,
    /// The template.
    pub(crate) template_id: TemplateId,
    /// Which version of it.
    pub(crate) template_version: u32,
    /// Which way it went.
    pub(crate) channel: ChannelKind,
    /// `otp`, `transactional` or `marketing`.
    pub(crate) class: String,
    /// Why it might be sent.
    pub(crate) decision: Value,
    /// How often a provider was asked.
    pub(crate) attempts: u32,
    /// Not to be sent after this.
    pub(crate) send_before: Option<Time>,
    /// When it was accepted.
    pub(crate) created_at: Time,
    /// When it came to its state.
    pub(crate) updated_at: Time,
    /// What happened to it, oldest first: attempts, outcomes, reports.
    pub(crate) timeline: Vec<StepView>,
    /// How its address would stand in the list of those nobody may write to.
    #[serde(skip)]
    pub(crate) listed_as: Option<(ChannelKind, [u8; 16])>,
}

/// What is sealed of a message, opened: or by which rule it isn't stored.
struct Seen {
    to: View,
    held: Result<(Value, Value), &'static str>,
    listed_as: Option<(ChannelKind, [u8; 16])>,
}

impl Seen {
    fn nothing(rule: &'static str) -> Self {
        Self { to: View::NotStored(rule), held: Err(rule), listed_as: None }
    }
}

impl Messages {
    /// Everything held about up to `limit` messages to a contact before `before`, newest first, as `viewer` may see it.
    pub(crate) async fn whole(
        &self,
        ctx: &Ctx,
        viewer: &Viewer,
        contact: ContactId,
        before: MessageId,
        limit: u32,
    ) -> Result<Vec<Whole>, StoreError> {
        let messages = self.page(ctx, Which::To(contact), before, limit).await?;
        let events: BTreeSet<_> = messages.iter().map(|message| message.event).collect();
        let names = self.accepting.events.names(ctx, events).await?;
        let mut all = Vec::with_capacity(messages.len());
        for message in messages {
            let mut whole = self.one(ctx, viewer, message).await?;
            whole.event = names.get(&whole.event_id).cloned();
            all.push(whole);
        }
        Ok(all)
    }

    async fn one(&self, ctx: &Ctx, viewer: &Viewer, message: Message) -> Result<Whole, StoreError> {
        let opened = match message.gone {
            Some(gone) => return self.told(ctx, message, Seen::nothing(gone.rule())).await,
            None => self.views().open(ctx, &message).await,
        };
        let seen = match opened {
            Ok(opened) => self.seen(ctx, viewer, &message, opened).await?,
            Err(StoreError::KeyGone) => Seen::nothing(ERASED),
            // Whatever else there is goes out all the same.
            Err(StoreError::Unopenable) => {
                tracing::error!(message = %message.id, "message.unopenable");
                Seen::nothing(DAMAGED)
            }
            Err(error) => return Err(error),
        };
        self.told(ctx, message, seen).await
    }

    async fn told(&self, ctx: &Ctx, message: Message, seen: Seen) -> Result<Whole, StoreError> {
        let Seen { to, held, listed_as } = seen;
        let not_stored = held.as_ref().err().copied();
        let (data, content) = held.unwrap_or_else(|rule| (view::not_stored(rule), view::not_stored(rule)));
        let timeline = self.timeline(ctx, &message).await?.into_iter().map(StepView::from).collect();
        Ok(Whole {
            id: message.id,
            state: message.state,
            reason: message.reason,
            to,
            data,
            content,
            not_stored,
            event_id: message.event,
            event: None,
            event_version: message.event_version,
            template_id: message.template,
            template_version: message.template_version,
            channel: message.channel,
            class: message.class,
            decision: serde_json::from_str(&message.decision).unwrap_or(Value::Null),
            attempts: message.attempts,
            send_before: message.send_before,
            created_at: message.created_at,
            updated_at: message.updated_at,
            timeline,
            listed_as,
        })
    }

    async fn seen(&self, ctx: &Ctx, viewer: &Viewer, message: &Message, opened: Opened) -> Result<Seen, StoreError> {
        let keys = self.store().keys().organisation(ctx.org.id).await?;
        let value = |normal: &str| suppressions::value_of(&keys, ctx.org.environment, message.channel, normal);
        let listed_as =
            compared(message.channel, &opened.recipient).map(|normal| (message.channel, value(normal.as_str())));
        let held = opened.payload.ok_or(NOT_KEPT).map(|payload| {
            let content = serde_json::to_value(&payload.content).unwrap_or(Value::Null);
            (structure(viewer, Value::Object(payload.data)), structure(viewer, content))
        });
        Ok(Seen { to: viewer.text(&opened.recipient, field(message)), held, listed_as })
    }

    /// To whom a message went, if it is one of this environment.
    pub(crate) async fn recipient_of(&self, ctx: &Ctx, id: MessageId) -> Result<Option<ContactId>, StoreError> {
        self.store().read(ctx, move |tx: &mut Tx<'_>| Ok(store::find(tx, id)?.map(|message| message.contact))).await
    }
}
