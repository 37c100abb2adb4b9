//! What endpoints are described with.

use schemars::JsonSchema;
use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_web::Refusal;
use serde::Deserialize;

use crate::endpoints::codes::{ENDPOINT_INVALID, SECRET_INVALID};
use crate::endpoints::model::{Filter, Profiles};
use crate::endpoints::service::{Name, importable};

/// A secret the receiver has already.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportedSecret {
    /// Its text, as the receiver has it.
    #[schemars(with = "String", length(min = 1, max = 512))]
    pub(super) value: SecretText,
    /// How the text becomes a key; never inferred from its prefix.
    #[schemars(with = "Encoding")]
    pub(super) encoding: KeyEncoding,
}

/// How a secret's text becomes a key.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes seal's own type, which knows no schema")]
enum Encoding {
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

pub(in crate::endpoints) fn profiles(names: &[String]) -> Result<Profiles, Refusal> {
    Profiles::new(names).map_err(|_| invalid("/profiles", "profile_unknown"))
}

pub(super) fn secret(imported: ImportedSecret) -> Result<(SecretText, KeyEncoding), Refusal> {
    importable(imported.value.expose(), imported.encoding)
        .map_err(|_| Refusal::of(&SECRET_INVALID).at("/secret/value", "secret_invalid"))?;
    Ok((imported.value, imported.encoding))
}

fn invalid(pointer: &'static str, code: &'static str) -> Refusal {
    Refusal::of(&ENDPOINT_INVALID).at(pointer, code)
}
