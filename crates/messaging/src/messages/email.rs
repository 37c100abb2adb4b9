//! Sends one message by e-mail.

use std::sync::Arc;
use std::time::Duration;

use sealpost_egress::Tenant;
use sealpost_egress::mail::{Draft, HeaderText, Mail, Mailbox, MessageId as MailId, Unsubscribe as Header};
use sealpost_egress::smtp::{Mailer, Outcome};
use sealpost_seal::{Personal, Purpose};
use sealpost_store::{ChannelId, Ctx, MessageId, Store};

use super::model::{Message, Payload};
use super::sealing::{MessageKey, Shared};
use crate::channels::{ChannelKind, ChannelRefusal, Channels, EmailChannel};
use crate::contacts::Contacts;
use crate::unsubscribe::Unsubscribe;

const CHANNEL_MISSING: &str = "channel_missing";
const CHANNEL_UNUSABLE: &str = "channel_unusable";
const CHANNEL_UNREADABLE: &str = "channel_unreadable";
const CHANNEL_UNAPPROVED: &str = "channel_unapproved";

/// Whether a message can't be sent for a reason that another channel hasn't.
pub(super) fn is_about_the_channel(code: &str) -> bool {
    [CHANNEL_MISSING, CHANNEL_UNUSABLE, CHANNEL_UNREADABLE, CHANNEL_UNAPPROVED].contains(&code)
}

/// Sends messages by e-mail.
#[derive(Clone)]
pub struct EmailSender {
    store: Store,
    mailer: Mailer,
    channels: Channels,
    unsubscribe: Unsubscribe,
}

/// A mail that is built and signed, and the relay it goes to.
pub(super) struct Ready {
    mail: Mail,
    channel: Arc<EmailChannel>,
}

impl Ready {
    /// What the mail is called everywhere: its `Message-ID`.
    pub(super) fn called(&self, message: MessageId) -> String {
        called(message, &self.channel)
    }
}

fn called(message: MessageId, channel: &EmailChannel) -> String {
    format!("{message}@{}", channel.domain)
}

impl EmailSender {
    /// Mail goes out through `mailer`, by the settings of `channels`.
    pub fn new(store: Store, mailer: Mailer, channels: Channels, unsubscribe: Unsubscribe) -> Self {
        Self { store, mailer, channels, unsubscribe }
    }

    /// Opens the message and builds the mail to go through this sender; the code says why it can't be sent. The seal is opened for this use only, and
    /// what was opened is gone with the mail.
    pub(super) async fn prepare(
        &self,
        ctx: &Ctx,
        message: &Message,
        sender: Option<ChannelId>,
        key: Option<Shared>,
        contacts: &Contacts,
    ) -> Result<Ready, &'static str> {
        // There is no SMS provider yet: a message of the live environment says so instead of waiting for one.
        if message.channel != ChannelKind::Email {
            return Err("channel_not_available");
        }
        let channel = self.channel(ctx, sender).await?;
        let key = match key {
            Some(key) => key,
            None => self.key(ctx, message, contacts).await?,
        };
        let recipient =
            key.recipient(ctx.org, message.id, message.contact, &message.recipient).map_err(|_| "not_openable")?;
        let sealed = message.payload.as_deref().ok_or("payload_lost")?;
        let payload = key.payload(ctx.org, message.id, message.contact, sealed).map_err(|_| "not_openable")?;
        let mail = self.build(ctx, message, &channel, &recipient, payload).ok_or("not_a_mail")?;
        Ok(Ready { mail, channel })
    }

    /// Hands the mail to the relay, within this time if there is a limit.
    pub(super) async fn send(&self, ctx: &Ctx, ready: Ready, limit: Option<Duration>) -> Outcome {
        #[cfg(test)]
        if let Some(desk) = super::desk() {
            return desk.mail(&ready.mail).await;
        }
        let tenant = Tenant::new(ctx.org.id.bytes());
        let outcome = self.mailer.send_within(tenant, &ready.channel.relay, &ready.mail, limit).await;
        self.channels.used(ctx, ready.channel.id).await;
        outcome
    }

    async fn channel(&self, ctx: &Ctx, sender: Option<ChannelId>) -> Result<Arc<EmailChannel>, &'static str> {
        // A message accepted before the first channel was made takes the one there is by now.
        let id = match sender {
            Some(id) => id,
            None => self.channels.first(ctx).await.map_err(|_| CHANNEL_UNREADABLE)?.ok_or(CHANNEL_MISSING)?,
        };
        self.channels.email(ctx, id).await.map_err(|refusal| match refusal {
            ChannelRefusal::NotFound => CHANNEL_MISSING,
            ChannelRefusal::Unapproved => CHANNEL_UNAPPROVED,
            ChannelRefusal::NameTaken
            | ChannelRefusal::NoSuchSecret
            | ChannelRefusal::WouldMoveSecret
            | ChannelRefusal::Setting { .. } => CHANNEL_UNUSABLE,
            ChannelRefusal::Store(_) => CHANNEL_UNREADABLE,
        })
    }

    async fn key(&self, ctx: &Ctx, message: &Message, contacts: &Contacts) -> Result<Shared, &'static str> {
        let subject = contacts.subject(ctx, message.contact).await.map_err(|_| "erased")?;
        let slot = self.store.keys().slot(ctx.org.id, message.slot).await.map_err(|_| "erased")?;
        Ok(Arc::new(MessageKey::new(&subject.key, &slot, message.slot)))
    }

    fn build(
        &self,
        ctx: &Ctx,
        message: &Message,
        channel: &EmailChannel,
        recipient: &Personal<String>,
        payload: Payload,
    ) -> Option<Mail> {
        let to: Mailbox = recipient.expose(Purpose::Deliver).parse::<sealpost_egress::mail::Address>().ok()?.into();
        let link = self.unsubscribe.link(ctx.org, message.id, channel.unsubscribe_base.as_deref());
        let draft = Draft {
            from: channel.from.clone(),
            to,
            reply_to: channel.reply_to.clone(),
            return_path: None,
            subject: HeaderText::new(payload.content.subject.unwrap_or_default()).ok()?,
            date: u64::try_from(ctx.now().unix_seconds()).ok()?,
            // The same over all attempts: a mailbox that got it twice shows it once.
            message_id: MailId::new(&called(message.id, channel)).ok()?,
            text: payload.content.text,
            html: payload.content.html,
            unsubscribe: if message.class == "marketing" { Header::one_click(&link).ok() } else { None },
        };
        draft.build(&channel.dkim).ok()
    }
}
