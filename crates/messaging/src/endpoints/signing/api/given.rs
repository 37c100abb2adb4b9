//! Profiles as they are asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_seal::signature::{Custom, CustomSpec, Encoding, MESSAGE_SIGNATURES};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Caller, Refusal};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::endpoints::api::body::{self, ImportedSecret};
use crate::endpoints::codes::ENDPOINT_INVALID;
use crate::endpoints::signing::model::{CUSTOM, Change, Entry, STANDARD, known};

/// A signature profile: its name, or its name with a secret of its own or what it is.
pub(in crate::endpoints) enum GivenProfile {
    /// Its name.
    Name(String),
    /// What is said about it.
    Entry(Box<GivenEntry>),
}

/// A signature profile, with what is said about it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SignatureProfileEntry")]
pub(in crate::endpoints) struct GivenEntry {
    /// Its name.
    profile: String,
    /// A secret for it alone that the receiver has already; `standard` signs by the endpoint's.
    secret: Option<ImportedSecret>,
    /// What `custom` is.
    definition: Option<Definition>,
}

/// A signature profile of one's own.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CustomSignature")]
pub(in crate::endpoints) struct Definition {
    /// The header that carries the signatures.
    #[schemars(length(min = 1, max = 64))]
    pub(in crate::endpoints) header: String,
    /// What stands in it: `{id}`, `{timestamp}`, `{event}` and other text, and `{signatures}` at its end; only those if absent.
    #[schemars(length(max = 256))]
    pub(in crate::endpoints) value: Option<String>,
    /// The bytes that are signed: `{body}` once, and `{id}`, `{timestamp}`, `{event}` where a header tells them.
    #[schemars(length(min = 6, max = 256))]
    pub(in crate::endpoints) signed: String,
    /// How a signature's bytes become text.
    #[schemars(with = "Text")]
    pub(in crate::endpoints) encoding: Encoding,
    /// What stands before each signature.
    #[schemars(length(max = 32))]
    pub(in crate::endpoints) prefix: Option<String>,
    /// What stands between signatures: `,`, `;` or a space. Without it there is room for one, and a rotation goes by steps.
    #[schemars(length(min = 1, max = 1))]
    pub(in crate::endpoints) separator: Option<char>,
    /// Other headers: `{id}`, `{timestamp}` or `{event}` by their names; at most 8.
    pub(in crate::endpoints) companions: Option<BTreeMap<String, String>>,
}

/// How bytes become text.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase", rename = "SignatureText")]
#[expect(dead_code, reason = "describes seal's own type, which knows no schema")]
enum Text {
    /// Hexadecimal, in lower case.
    Hex,
    /// Base64 with padding.
    Base64,
}

/// How an endpoint is to sign, of what was said; `acknowledged` is whether somebody said that they know what turning `standard` off
/// means.
pub(in crate::endpoints) fn profiles(
    given: Option<Vec<GivenProfile>>,
    standard: Option<bool>,
    acknowledged: bool,
    caller: &Caller,
) -> Result<Change, Refusal> {
    said(standard, acknowledged)?;
    let entries = given.map(|all| all.into_iter().map(|one| entry(one, caller)).collect::<Result<Vec<_>, _>>());
    let entries = entries.transpose()?;
    if let Some(entries) = &entries {
        let repeated = |(at, one): (usize, &Entry)| entries.iter().take(at).any(|other| other.name == one.name);
        if entries.iter().enumerate().any(repeated) {
            return Err(invalid("profile_repeated"));
        }
    }
    Ok(Change { entries, standard })
}

/// Refuses to turn `standard` off unless somebody says that they know what that means.
pub(in crate::endpoints) fn said(standard: Option<bool>, acknowledged: bool) -> Result<(), Refusal> {
    match standard {
        Some(false) if !acknowledged => Err(Refusal::of(&ENDPOINT_INVALID).at("/standard", "acknowledgement_missing")),
        _ => Ok(()),
    }
}

fn entry(given: GivenProfile, caller: &Caller) -> Result<Entry, Refusal> {
    let entry = match given {
        GivenProfile::Name(name) => return Ok(Entry::named(known(&name).ok_or_else(|| invalid("profile_unknown"))?)),
        GivenProfile::Entry(entry) => *entry,
    };
    let name = known(&entry.profile).ok_or_else(|| invalid("profile_unknown"))?;
    // One is the endpoint's own, the other has none.
    if entry.secret.is_some() && [STANDARD, MESSAGE_SIGNATURES].contains(&name) {
        return Err(Refusal::of(&BODY_INVALID).at("/profiles/secret", "field_unexpected"));
    }
    if entry.definition.is_some() && name != CUSTOM {
        return Err(Refusal::of(&BODY_INVALID).at("/profiles/definition", "field_unexpected"));
    }
    Ok(Entry {
        name,
        definition: entry.definition.map(custom).transpose()?,
        secret: entry.secret.map(|given| body::secret(given, caller)).transpose()?,
    })
}

/// The profile that is described.
pub(in crate::endpoints) fn custom(definition: Definition) -> Result<Custom, Refusal> {
    let spec = CustomSpec {
        header: definition.header,
        value: definition.value.unwrap_or_else(|| "{signatures}".into()),
        signed: definition.signed,
        encoding: definition.encoding,
        prefix: definition.prefix.unwrap_or_default(),
        separator: definition.separator,
        companions: definition.companions.unwrap_or_default(),
    };
    Custom::compile(spec).map_err(|bad| {
        let place = match bad.place {
            "header" => "/profiles/definition/header",
            "value" => "/profiles/definition/value",
            "signed" => "/profiles/definition/signed",
            "prefix" => "/profiles/definition/prefix",
            "separator" => "/profiles/definition/separator",
            _ => "/profiles/definition/companions",
        };
        Refusal::of(&ENDPOINT_INVALID).at(place, bad.code)
    })
}

fn invalid(code: &'static str) -> Refusal {
    Refusal::of(&ENDPOINT_INVALID).at("/profiles", code)
}

impl<'de> Deserialize<'de> for GivenProfile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = GivenProfile;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a profile, or an object with `profile`")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<GivenProfile, E> {
                Ok(GivenProfile::Name(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<GivenProfile, A::Error> {
                GivenEntry::deserialize(MapAccessDeserializer::new(map)).map(Box::new).map(GivenProfile::Entry)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for GivenProfile {
    fn schema_name() -> Cow<'static, str> {
        "SignatureProfile".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let entry = generator.subschema_for::<GivenEntry>();
        json_schema!({
            "description": "The name of a signature profile, or its name with what is said about it.",
            "anyOf": [{ "type": "string" }, entry],
        })
    }
}
