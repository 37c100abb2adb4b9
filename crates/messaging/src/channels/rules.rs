//! What may be a channel's settings.

use sealpost_egress::mail::{Address, HeaderText, Mailbox, Unsubscribe};
use sealpost_egress::smtp::{Credentials, RelayError, SmtpRelay};
use sealpost_seal::SecretText;
use zeroize::Zeroizing;

use super::model::{ChannelRefusal, EmailSettings};

/// The longest base for one-click links: a token and the header's own limit must fit behind it.
const MAX_UNSUBSCRIBE_BASE: usize = 400;

fn wrong(field: &'static str, code: &'static str) -> ChannelRefusal {
    ChannelRefusal::Setting { field, code }
}

/// Whether every setting can be used. `has_password` says whether there is one, stored or about to be.
pub(super) fn check(settings: &EmailSettings, has_password: bool) -> Result<(), ChannelRefusal> {
    relay(settings, None)?;
    from(settings)?;
    reply_to(settings)?;
    match (&settings.username, has_password) {
        (Some(_), false) => return Err(wrong("password", "field_missing")),
        (None, true) => return Err(wrong("username", "field_missing")),
        (Some(_), true) | (None, false) => {}
    }
    if let Some(base) = &settings.unsubscribe_base
        && (base.len() > MAX_UNSUBSCRIBE_BASE || Unsubscribe::one_click(base).is_err())
    {
        return Err(wrong("unsubscribe_base", "not_an_https_url"));
    }
    Ok(())
}

/// The relay of these settings, with its password if there is one.
pub(super) fn relay(settings: &EmailSettings, password: Option<&SecretText>) -> Result<SmtpRelay, ChannelRefusal> {
    let EmailSettings { host, port, security, helo, username, .. } = settings;
    let relay = SmtpRelay::new(host, *port, (*security).into(), helo).map_err(refusal)?;
    match (username, password) {
        (Some(username), Some(password)) => {
            let password = Zeroizing::new(password.expose().to_owned());
            Ok(relay.with_credentials(Credentials::new(username, password).map_err(refusal)?))
        }
        (Some(_) | None, _) => Ok(relay),
    }
}

/// Whether a relay can be told this password.
pub(super) fn presentable(password: &SecretText) -> Result<(), ChannelRefusal> {
    let value = Zeroizing::new(password.expose().to_owned());
    Credentials::new("somebody", value).map(drop).map_err(refusal)
}

fn refusal(error: RelayError) -> ChannelRefusal {
    match error {
        RelayError::Host => wrong("host", "not_a_host"),
        RelayError::Port => wrong("port", "out_of_range"),
        RelayError::Helo => wrong("helo", "not_a_host"),
        RelayError::Credentials => wrong("password", "text_unsuitable"),
    }
}

/// Who writes.
pub(super) fn from(settings: &EmailSettings) -> Result<Mailbox, ChannelRefusal> {
    let address: Address = settings.from_address.parse().map_err(|_| wrong("from_address", "not_an_email"))?;
    let name = settings.from_name.as_deref().map(HeaderText::new).transpose();
    Ok(Mailbox { name: name.map_err(|_| wrong("from_name", "text_unsuitable"))?, address })
}

/// Where answers go.
pub(super) fn reply_to(settings: &EmailSettings) -> Result<Option<Mailbox>, ChannelRefusal> {
    let address = settings.reply_to.as_deref().map(str::parse::<Address>).transpose();
    Ok(address.map_err(|_| wrong("reply_to", "not_an_email"))?.map(Mailbox::from))
}
