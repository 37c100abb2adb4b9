//! What a channel is.

use std::sync::Arc;

use schemars::JsonSchema;
use sealpost_access::secrets::{Credential, Kept};
use sealpost_egress::dkim::DkimKey;
use sealpost_egress::mail::Mailbox;
use sealpost_egress::smtp::{Security, SmtpRelay};
use sealpost_govern::approvals::Approval;
use sealpost_store::{ChannelId, SecretId, StoreError, Time};
use serde::{Deserialize, Serialize};

use super::dkim::{DkimKind, NewDkim};
use crate::label::Label;
use crate::patch::Change;

/// How the connection to a relay is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// TLS from the first byte.
    ImplicitTls,
    /// STARTTLS, required.
    Starttls,
    /// Clear text, to loopback addresses only: a relay on the same machine.
    PlainLoopback,
}

impl Protection {
    /// What a form sends for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::ImplicitTls => "implicit_tls",
            Self::Starttls => "starttls",
            Self::PlainLoopback => "plain_loopback",
        }
    }

    /// Whether nobody on the way reads along.
    pub(super) const fn is_encrypted(self) -> bool {
        !matches!(self, Self::PlainLoopback)
    }

    /// It in a word.
    pub(super) const fn short(self) -> &'static str {
        match self {
            Self::ImplicitTls => "TLS",
            Self::Starttls => "STARTTLS",
            Self::PlainLoopback => "clear text",
        }
    }

    /// It as people read it.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::ImplicitTls => "TLS from the first byte",
            Self::Starttls => "STARTTLS, required",
            Self::PlainLoopback => "nothing: clear text to this machine",
        }
    }
}

impl From<Protection> for Security {
    fn from(protection: Protection) -> Self {
        match protection {
            Protection::ImplicitTls => Self::ImplicitTls,
            Protection::Starttls => Self::StartTls,
            Protection::PlainLoopback => Self::PlainLoopbackOnly,
        }
    }
}

/// A channel to be made.
pub struct NewChannel {
    /// What it is called.
    pub name: Label,
    /// How it sends.
    pub email: NewEmail,
}

/// An e-mail sender as it is entered, credentials included.
pub struct NewEmail {
    /// The relay's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Protection,
    /// Whom the relay knows us as.
    pub username: Option<String>,
    /// The password for it, or which stored secret it is.
    pub password: Option<Credential>,
    /// Who writes.
    pub from_address: String,
    /// The name beside it.
    pub from_name: Option<String>,
    /// Where answers go, if not to `from_address`.
    pub reply_to: Option<String>,
    /// The name we give ourselves.
    pub helo: String,
    /// The signature.
    pub dkim: Option<NewDkim>,
    /// Where the one-click links of marketing messages lead, without the token.
    pub unsubscribe_base: Option<String>,
}

/// A partial change of an e-mail sender.
#[derive(Default)]
pub struct EmailChanges {
    /// The relay's name or address.
    pub host: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub security: Option<Protection>,
    /// Whom the relay knows us as.
    pub username: Change<String>,
    /// The password for it, or which stored secret it is.
    pub password: Change<Credential>,
    /// Who writes.
    pub from_address: Option<String>,
    /// The name beside it.
    pub from_name: Change<String>,
    /// Where answers go.
    pub reply_to: Change<String>,
    /// The name we give ourselves.
    pub helo: Option<String>,
    /// The signature.
    pub dkim: Change<NewDkim>,
    /// Where one-click links lead.
    pub unsubscribe_base: Change<String>,
}

/// An e-mail sender as it is stored. Credentials are secrets' ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailSettings {
    /// The relay's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Protection,
    /// Whom the relay knows us as.
    pub username: Option<String>,
    /// Where the password is.
    pub password: Option<Kept>,
    /// Who writes.
    pub from_address: String,
    /// The name beside it.
    pub from_name: Option<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// The name we give ourselves.
    pub helo: String,
    /// The signature.
    pub dkim: Option<DkimSettings>,
    /// Where one-click links lead.
    pub unsubscribe_base: Option<String>,
}

/// A signature as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimSettings {
    /// The signing domain.
    pub domain: String,
    /// The selector.
    pub selector: String,
    /// Which kind of key.
    pub algorithm: DkimKind,
    /// The public key as the DNS record has it, in base64.
    pub public: String,
    /// Where the private key is.
    pub key: SecretId,
}

/// A new channel, and what waits.
#[derive(Debug)]
pub struct Created {
    /// As stored.
    pub channel: Channel,
    /// What waits for others, if they have to agree before it sends.
    pub waits: Option<Box<Approval>>,
}

/// A channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// What it is called.
    pub name: String,
    /// How it sends.
    pub email: EmailSettings,
    /// The number of its policy.
    pub version: u32,
    /// Whether others have agreed to it, where they have to.
    pub is_admitted: bool,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// When it sent last, to within a minute.
    pub last_used_at: Option<Time>,
}

/// An e-mail sender ready for use, credentials included.
pub struct EmailChannel {
    /// Which channel.
    pub id: ChannelId,
    /// The relay.
    pub relay: Arc<SmtpRelay>,
    /// Who writes.
    pub from: Mailbox,
    /// Where answers go.
    pub reply_to: Option<Mailbox>,
    /// What signs: one key, or none where the relay does.
    pub dkim: Vec<DkimKey>,
    /// Where one-click links lead, without the token.
    pub unsubscribe_base: Option<String>,
    /// The domain for message ids.
    pub domain: String,
}

/// Why a channel is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ChannelRefusal {
    /// Another channel has this name.
    #[error("another channel has this name")]
    NameTaken,
    /// A setting can't be used.
    #[error("a setting can't be used")]
    Setting {
        /// Which: a field of `email`.
        field: &'static str,
        /// Why, as a code.
        code: &'static str,
    },
    /// There is no stored secret of this name or id.
    #[error("there is no such stored secret")]
    NoSuchSecret,
    /// Its password is a stored secret, which would be presented elsewhere: that is for whoever may manage secrets.
    #[error("a stored secret would be presented elsewhere")]
    WouldMoveSecret,
    /// Others have yet to agree to it.
    #[error("others have yet to agree to this channel")]
    Unapproved,
    /// There is no such channel here.
    #[error("there is no such channel")]
    NotFound,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
