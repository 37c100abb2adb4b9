//! What endpoints are described with.

use schemars::JsonSchema;
use sealpost_access::secrets::{SecretRef, may_refer};
use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Caller, Refusal};
use serde::Deserialize;

use crate::endpoints::codes::{ENDPOINT_INVALID, SECRET_INVALID};
use crate::endpoints::model::Filter;
use crate::endpoints::service::{GivenSecret, Name, importable};

/// A secret the receiver has already: `value` and `encoding`, or a stored one by name.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::endpoints) struct ImportedSecret {
    /// Its text, as the receiver has it.
    #[schemars(with = "Option<String>", length(min = 1, max = 512))]
    value: Option<SecretText>,
    /// How the text becomes a key; never inferred from its prefix.
    #[schemars(with = "Option<Encoding>")]
    encoding: Option<KeyEncoding>,
    /// It is an old one: then it may have fewer than 32 bytes, and you are reminded to replace it.
    imported: Option<bool>,
    /// Instead of all: the name or id of a stored secret, whose text is the key. Takes `secrets:manage`.
    secret: Option<SecretRef>,
}

/// A stored secret.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NamedSigningSecret")]
pub(super) struct NamedSecret {
    /// Its name or id. Its text is the key. Takes `secrets:manage`.
    pub(super) secret: SecretRef,
}

/// How a secret's text becomes a key.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes seal's own type, which knows no schema")]
pub(in crate::endpoints) enum Encoding {
    /// The text itself.
    Text,
    /// Base64, after `whsec_` if it is there.
    Base64,
    /// Hexadecimal.
    Hex,
}

pub(in crate::endpoints) fn name(text: &str) -> Result<Name, Refusal> {
    Name::parse(text).ok_or_else(|| invalid("/name", "name_invalid"))
}

pub(in crate::endpoints) fn description(text: &str) -> Result<(), Refusal> {
    let fits = text.len() <= 500 && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(invalid("/description", "text_invalid")) }
}

pub(in crate::endpoints) fn events(patterns: Vec<String>) -> Result<Filter, Refusal> {
    Filter::new(patterns).map_err(|_| invalid("/events", "pattern_invalid"))
}

/// What an endpoint is to sign with, if it can, and this caller may say so.
pub(in crate::endpoints) fn secret(given: ImportedSecret, caller: &Caller) -> Result<GivenSecret, Refusal> {
    let wrong = |place, code| Refusal::of(&BODY_INVALID).at(place, code);
    match given {
        ImportedSecret { value: None, encoding: None, imported: None, secret: Some(wanted) } => {
            may_refer(caller)?;
            Ok(GivenSecret::Stored(wanted))
        }
        ImportedSecret { secret: Some(_), .. } => Err(wrong("/secret/secret", "field_unexpected")),
        ImportedSecret { value: None, .. } => Err(wrong("/secret/value", "field_missing")),
        ImportedSecret { encoding: None, .. } => Err(wrong("/secret/encoding", "field_missing")),
        ImportedSecret { value: Some(value), encoding: Some(encoding), imported, secret: None } => {
            importable(value.expose(), encoding, imported.unwrap_or_default())
                .map_err(|code| Refusal::of(&SECRET_INVALID).at("/secret/value", code))?;
            Ok(GivenSecret::Value(value, encoding))
        }
    }
}

/// A stored secret as a form names it, if this caller may say so.
pub(in crate::endpoints) fn stored(named: &str, caller: &Caller) -> Result<GivenSecret, Refusal> {
    let wanted = SecretRef::parse(named.trim());
    let wanted = wanted.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/secret", "name_invalid"))?;
    may_refer(caller)?;
    Ok(GivenSecret::Stored(wanted))
}

fn invalid(pointer: &'static str, code: &'static str) -> Refusal {
    Refusal::of(&ENDPOINT_INVALID).at(pointer, code)
}
