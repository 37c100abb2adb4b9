//! What an administrator copies into the provider, and what is known of it.

use std::fmt::Write as _;

use sealpost_saml::Certificate;
use sealpost_store::Time;

use super::keys;
use super::parties::Addresses;
use super::settings::{Encryption, Settings};
use crate::sso::Connection;

/// For people, in the order in which they need it. Nothing of it is secret.
pub(in crate::sso) fn facts(connection: &Connection, public_url: &str) -> Vec<(&'static str, String)> {
    let ours = Addresses::of(public_url, connection.id);
    let mut facts = vec![
        ("Entity ID, audience", ours.entity_id.clone()),
        ("Reply URL (ACS)", ours.acs),
        ("Our metadata", ours.entity_id),
    ];
    let Ok(settings) = Settings::of(connection) else { return facts };
    let provider = settings.provider.as_ref().and_then(|provider| Some((provider, provider.read().ok()?)));
    if let Some((kept, provider)) = provider {
        facts.push(("Provider", provider.entity_id().to_owned()));
        let address = provider.redirect_url().or(provider.post_url()).unwrap_or_default();
        facts.push(("It signs in at", address.to_owned()));
        facts.extend(provider.certificates().iter().map(|one| ("Its certificate", certificate(one))));
        facts.extend(provider.valid_until_ms().map(|end| ("Its metadata ends", Time::from_unix_ms(end).to_string())));
        if let Some(source) = &kept.source {
            facts.push(("Its metadata is at", source.url.clone()));
            facts.push(("Looked at", source.looked_at.to_string()));
            facts.extend(source.trouble.clone().map(|code| ("Not taken from there then", code)));
        }
    } else {
        facts.push(("Provider", "Its metadata is missing".to_owned()));
    }
    if let Ok((signing, encryption)) = keys::announced(&settings.keys) {
        for (at, one) in signing.iter().enumerate() {
            let name = if at == 0 { "We sign with" } else { "We announce" };
            facts.push((name, certificate(one)));
        }
        facts.extend(encryption.iter().map(|one| ("Encrypt to", certificate(one))));
    }
    facts.extend(asks(&settings));
    facts
}

/// What departs from the usual.
fn asks(settings: &Settings) -> impl Iterator<Item = (&'static str, String)> {
    let asks = &settings.asks;
    let yes = |wanted: bool, says: &str| wanted.then(|| says.to_owned());
    let context = (!asks.authn_context.is_empty()).then(|| asks.authn_context.join(" "));
    let encryption = match asks.encryption {
        Encryption::None => None,
        Encryption::Accepted => Some("may be encrypted".to_owned()),
        Encryption::Required => Some("have to be encrypted".to_owned()),
    };
    [
        ("Responses", yes(asks.response_signed, "have to be signed, too")),
        ("Assertions", encryption),
        ("Members", yes(asks.force_authn, "prove anew who they are")),
        ("One of these ways", context),
        ("Address", asks.email_attribute.clone()),
        ("Name", asks.name_attribute.clone()),
        ("Groups", asks.groups_attribute.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}

/// By what people compare certificates, and their end.
fn certificate(certificate: &Certificate) -> String {
    let mut text = String::from("SHA-256 ");
    for byte in certificate.fingerprint() {
        let _ = write!(text, "{byte:02x}");
    }
    let _ = write!(text, ", until {}", Time::from_unix_ms(certificate.not_after_ms()));
    text
}
