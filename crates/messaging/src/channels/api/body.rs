//! A sender as it stands in requests.

use schemars::JsonSchema;
use sealpost_access::secrets::Credential;
use sealpost_seal::SecretText;
use serde::Deserialize;

use crate::channels::dkim::{DkimKind, NewDkim};
use crate::channels::model::{EmailChanges, NewEmail, Protection};
use crate::patch::Change;

/// An e-mail sender.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewEmailSender")]
pub(super) struct EmailBody {
    /// The relay's name or address.
    host: String,
    /// Its port.
    #[schemars(range(min = 1))]
    port: u16,
    /// How the connection is protected.
    security: Protection,
    /// Whom the relay knows you as.
    username: Option<String>,
    /// The password, never shown again; or `{"secret": "…"}` for a stored one, by name or id, which takes `secrets:manage`.
    #[schemars(with = "Option<Credential>")]
    password: Option<Credential>,
    /// Who writes.
    from_address: String,
    /// The name beside it.
    from_name: Option<String>,
    /// Where answers go, if not to `from_address`.
    reply_to: Option<String>,
    /// The name this server gives itself to the relay.
    helo: String,
    /// The signature.
    dkim: Option<DkimBody>,
    /// Where one-click unsubscribe links lead (RFC 8058), without the `/u/` and token that are added: an https URL.
    unsubscribe_base: Option<String>,
}

/// A DKIM signature. A key is made unless one is brought.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewDkim")]
pub(super) struct DkimBody {
    /// The signing domain.
    domain: String,
    /// The selector.
    selector: String,
    /// Which kind of key to make: `rsa` unless said otherwise.
    algorithm: Option<DkimKind>,
    /// An unencrypted PKCS #8 key in PEM; never shown again.
    #[schemars(with = "Option<String>")]
    private_key: Option<SecretText>,
}

/// What changes about an e-mail sender: an absent field stays, `null` clears it.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EmailSenderChanges")]
pub(super) struct EmailChangesBody {
    /// The relay's name or address.
    host: Option<String>,
    /// Its port.
    #[schemars(range(min = 1))]
    port: Option<u16>,
    /// How the connection is protected.
    security: Option<Protection>,
    /// Whom the relay knows you as.
    #[serde(default)]
    username: Change<String>,
    /// The password, never shown again; or `{"secret": "…"}` for a stored one, by name or id, which takes `secrets:manage`.
    #[serde(default)]
    #[schemars(with = "Option<Credential>")]
    password: Change<Credential>,
    /// Who writes.
    from_address: Option<String>,
    /// The name beside it.
    #[serde(default)]
    from_name: Change<String>,
    /// Where answers go.
    #[serde(default)]
    reply_to: Change<String>,
    /// The name this server gives itself to the relay.
    helo: Option<String>,
    /// The signature. A new one replaces the old at once: publish its record under another selector first.
    #[serde(default)]
    dkim: Change<DkimBody>,
    /// Where one-click unsubscribe links lead.
    #[serde(default)]
    unsubscribe_base: Change<String>,
}

impl EmailBody {
    /// Whether it names a stored secret.
    pub(super) fn refers(&self) -> bool {
        matches!(self.password, Some(Credential::Stored(_)))
    }
}

impl EmailChangesBody {
    /// Whether it names a stored secret.
    pub(super) fn refers(&self) -> bool {
        matches!(self.password, Change::Set(Credential::Stored(_)))
    }
}

impl From<DkimBody> for NewDkim {
    fn from(body: DkimBody) -> Self {
        let DkimBody { domain, selector, algorithm, private_key } = body;
        Self { domain, selector, algorithm, private_key }
    }
}

impl From<EmailBody> for NewEmail {
    fn from(body: EmailBody) -> Self {
        Self {
            host: body.host,
            port: body.port,
            security: body.security,
            username: body.username,
            password: body.password,
            from_address: body.from_address,
            from_name: body.from_name,
            reply_to: body.reply_to,
            helo: body.helo,
            dkim: body.dkim.map(Into::into),
            unsubscribe_base: body.unsubscribe_base,
        }
    }
}

impl From<EmailChangesBody> for EmailChanges {
    fn from(body: EmailChangesBody) -> Self {
        Self {
            host: body.host,
            port: body.port,
            security: body.security,
            username: body.username,
            password: body.password,
            from_address: body.from_address,
            from_name: body.from_name,
            reply_to: body.reply_to,
            helo: body.helo,
            dkim: body.dkim.map(Into::into),
            unsubscribe_base: body.unsubscribe_base,
        }
    }
}
