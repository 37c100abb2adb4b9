//! How a channel is shown: everything but its credentials.

use schemars::JsonSchema;
use sealpost_access::secrets::Kept;
use sealpost_store::{ApprovalId, ChannelId, Ctx, SecretId, Time};
use serde::Serialize;

use crate::channels::dkim::DkimKind;
use crate::channels::kind::ChannelKind;
use crate::channels::model::{Channel, Created, DkimSettings, Protection};

/// A channel.
#[derive(Serialize, JsonSchema)]
pub(super) struct ChannelView {
    /// Its id.
    id: ChannelId,
    /// `test` or `live`.
    environment: &'static str,
    /// What it is called.
    name: String,
    /// What it sends.
    kind: ChannelKind,
    /// How it sends.
    email: EmailView,
    /// The number of its policy: what decides through whom mail goes, and how.
    version: u32,
    /// Whether others have agreed to it, where that takes an approval; until then it sends nothing.
    admitted: bool,
    /// When it was made.
    created_at: Time,
    /// When it was last changed.
    updated_at: Time,
    /// When it sent last, to within a minute.
    last_used_at: Option<Time>,
}

/// A new channel.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CreatedChannel")]
pub(super) struct CreatedView {
    /// The channel.
    #[serde(flatten)]
    channel: ChannelView,
    /// What waits for others, if they have to agree before it sends.
    approval_id: Option<ApprovalId>,
}

impl CreatedView {
    pub(super) fn of(ctx: &Ctx, created: &Created) -> Self {
        let approval_id = created.waits.as_ref().map(|approval| approval.id);
        Self { channel: ChannelView::of(ctx, &created.channel), approval_id }
    }
}

/// An e-mail sender.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EmailSender")]
struct EmailView {
    /// The relay's name or address.
    host: String,
    /// Its port.
    port: u16,
    /// How the connection is protected.
    security: Protection,
    /// Whom the relay knows you as.
    username: Option<String>,
    /// Whether there is a password.
    has_password: bool,
    /// Which stored secret the password is, if it is one.
    password_secret_id: Option<SecretId>,
    /// Who writes.
    from_address: String,
    /// The name beside it.
    from_name: Option<String>,
    /// Where answers go.
    reply_to: Option<String>,
    /// The name this server gives itself to the relay.
    helo: String,
    /// The signature.
    dkim: Option<DkimView>,
    /// Where one-click unsubscribe links lead.
    unsubscribe_base: Option<String>,
}

/// A DKIM signature, and what to publish for it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Dkim")]
struct DkimView {
    /// The signing domain.
    domain: String,
    /// The selector.
    selector: String,
    /// Which kind of key.
    algorithm: DkimKind,
    /// Where to publish the record.
    record_name: String,
    /// The TXT record to publish.
    record_value: String,
}

impl ChannelView {
    pub(super) fn of(ctx: &Ctx, channel: &Channel) -> Self {
        let email = channel.email.clone();
        Self {
            id: channel.id,
            environment: ctx.org.environment.as_str(),
            name: channel.name.clone(),
            kind: ChannelKind::Email,
            email: EmailView {
                host: email.host,
                port: email.port,
                security: email.security,
                username: email.username,
                has_password: email.password.is_some(),
                password_secret_id: email.password.and_then(Kept::stored),
                from_address: email.from_address,
                from_name: email.from_name,
                reply_to: email.reply_to,
                helo: email.helo,
                dkim: email.dkim.as_ref().map(DkimView::from),
                unsubscribe_base: email.unsubscribe_base,
            },
            version: channel.version,
            admitted: channel.is_admitted,
            created_at: channel.created_at,
            updated_at: channel.updated_at,
            last_used_at: channel.last_used_at,
        }
    }
}

impl From<&DkimSettings> for DkimView {
    fn from(dkim: &DkimSettings) -> Self {
        Self {
            domain: dkim.domain.clone(),
            selector: dkim.selector.clone(),
            algorithm: dkim.algorithm,
            record_name: dkim.record_name(),
            record_value: dkim.record_value(),
        }
    }
}
