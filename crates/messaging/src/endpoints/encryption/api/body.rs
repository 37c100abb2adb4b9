//! How encryption is asked for.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_access::secrets::{SecretRef, may_refer};
use sealpost_seal::payload::{BadJwk, KeyForm, Method, PublicKey};
use sealpost_web::{Caller, Refusal};
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::endpoints::codes::{ENCRYPTION_INVALID, SECRET_REFERENCE_REQUIRED};
use crate::endpoints::encryption::fields::{Fields, Member};
use crate::endpoints::encryption::model::{Scope, Shape};
use crate::endpoints::encryption::service::{Wanted, WantedKeys};

/// How an endpoint is to be encrypted for.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EndpointEncryption")]
pub(in crate::endpoints::encryption) struct Body {
    /// `jwe-hkdf`, `jwe-ecdh-es`, `jwe-dir`, `aes-256-gcm`, `aes-256-cbc-hmac` or `legacy-aes-256-cbc`.
    #[schemars(length(max = 32))]
    pub(in crate::endpoints::encryption) method: String,
    /// Which fields of `data` are encrypted, as JSON pointers; the whole body if there are none.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub(in crate::endpoints::encryption) fields: Vec<String>,
    /// How an encrypted body is sent: `text`, alone, or `json`, in an object. `text` unless said otherwise; fields are always `json`.
    pub(in crate::endpoints::encryption) request: Option<String>,
    /// What such an object, and that of an answer, calls the ciphertext: `encrypted` unless said otherwise.
    #[schemars(length(min = 1, max = 64), pattern("^[A-Za-z0-9_-]+$"))]
    pub(in crate::endpoints::encryption) member: Option<String>,
    /// Which stored secret is the key. Takes `secrets:manage`. With `jwe-ecdh-es` a private JWK that answers are encrypted to, if they are.
    pub(in crate::endpoints::encryption) secret: Option<GivenKey>,
    /// How the secret's text becomes the key: `hex`, `base64`, `base64url` or `text`. Exactly 32 bytes, 64 for `aes-256-cbc-hmac`.
    pub(in crate::endpoints::encryption) encoding: Option<String>,
    /// The receiver's public key (JWK), for `jwe-ecdh-es`.
    pub(in crate::endpoints::encryption) public_key: Option<Map<String, Value>>,
    /// That what a legacy method makes can be changed on the way without anybody noticing, and that this is known.
    #[serde(default)]
    pub(in crate::endpoints::encryption) legacy: bool,
    /// A key that stands here would be in logs and histories before it is refused: it says so, instead of being an unknown field.
    #[serde(
        alias = "encryption_key",
        alias = "secret_key",
        alias = "private_key",
        alias = "aes_key",
        alias = "shared_key",
        alias = "mac_key",
        alias = "keys",
        alias = "value",
        alias = "password",
        alias = "passphrase"
    )]
    #[schemars(skip)]
    pub(in crate::endpoints::encryption) key: Option<IgnoredAny>,
    /// Vectors are made for each message: it says so.
    #[serde(alias = "nonce", alias = "static_iv", alias = "initialization_vector", alias = "initialisation_vector")]
    #[schemars(skip)]
    pub(in crate::endpoints::encryption) iv: Option<IgnoredAny>,
}

/// What stands where a stored secret is to be named.
pub(in crate::endpoints::encryption) enum GivenKey {
    /// Which one, and which of its versions.
    Stored(SecretRef, Option<u32>),
    /// Something else: most likely the key itself, which isn't kept.
    Inline,
}

impl Body {
    /// What is wanted, if it can be and this caller may say so.
    pub(in crate::endpoints::encryption) fn by(self, caller: &Caller) -> Result<Wanted, Refusal> {
        let wanted = self.read()?;
        if wanted.keys.are_stored() {
            may_refer(caller)?;
        }
        Ok(wanted)
    }

    /// What is wanted, if it can be.
    pub(in crate::endpoints::encryption) fn read(self) -> Result<Wanted, Refusal> {
        if self.key.is_some() {
            return Err(inline("/key"));
        }
        if self.iv.is_some() {
            return Err(invalid("/iv", "iv_generated")
                .detail("Initialisation vectors are made for each message: there is no setting for one."));
        }
        let method = Method::named(&self.method).ok_or_else(|| invalid("/method", "method_unknown"))?;
        if method.is_legacy() != self.legacy {
            let code = if self.legacy { "method_not_legacy" } else { "legacy_not_acknowledged" };
            return Err(invalid("/legacy", code));
        }
        let stored = match self.secret {
            None => None,
            Some(GivenKey::Inline) => return Err(inline("/secret")),
            Some(GivenKey::Stored(secret, version)) => Some((secret, version)),
        };
        let shape = match self.request.as_deref() {
            None => Shape::Text,
            Some(word) => Shape::read(word).ok_or_else(|| invalid("/request", "choice_unknown"))?,
        };
        let scope = match self.fields.is_empty() {
            true => Scope::Body(shape),
            false => Scope::Fields(Fields::parse(&self.fields).map_err(|code| invalid("/fields", code))?),
        };
        let member = self.member.as_deref().map(Member::parse);
        let member =
            member.unwrap_or_else(|| Some(Member::default())).ok_or_else(|| invalid("/member", "name_invalid"))?;
        let keys = match method.key_len() {
            Some(_) => shared(stored, self.encoding.as_deref(), self.public_key.is_some())?,
            None => recipient(stored, self.encoding.is_some(), self.public_key.as_ref())?,
        };
        Ok(Wanted { method, scope, member, keys })
    }
}

fn shared(
    stored: Option<(SecretRef, Option<u32>)>,
    encoding: Option<&str>,
    public: bool,
) -> Result<WantedKeys, Refusal> {
    if public {
        return Err(invalid("/public_key", "field_unexpected"));
    }
    let (secret, version) = stored.ok_or_else(|| inline("/secret"))?;
    let encoding = encoding.ok_or_else(|| invalid("/encoding", "field_missing"))?;
    let form = KeyForm::named(encoding).ok_or_else(|| invalid("/encoding", "choice_unknown"))?;
    Ok(WantedKeys::Shared { secret, version, form })
}

fn recipient(
    stored: Option<(SecretRef, Option<u32>)>,
    encoded: bool,
    public: Option<&Map<String, Value>>,
) -> Result<WantedKeys, Refusal> {
    if encoded {
        return Err(invalid("/encoding", "field_unexpected"));
    }
    let public = public.ok_or_else(|| invalid("/public_key", "field_missing"))?;
    let public = PublicKey::read(public).map_err(|bad| match bad {
        BadJwk::Private => inline("/public_key/d"),
        bad => invalid("/public_key", bad.code()),
    })?;
    match stored {
        // Whoever answers chooses the version: all that are good open.
        Some((_, Some(_))) => Err(invalid("/secret/version", "field_unexpected")),
        stored => Ok(WantedKeys::Recipient { public, answers: stored.map(|(secret, _)| secret) }),
    }
}

fn invalid(place: &'static str, code: &'static str) -> Refusal {
    Refusal::of(&ENCRYPTION_INVALID).at(place, code)
}

fn inline(place: &'static str) -> Refusal {
    Refusal::of(&SECRET_REFERENCE_REQUIRED)
        .at(place, "secret_reference_required")
        .detail("Store the key as a secret, and name that: {\"secret\": {\"secret\": \"its-name\"}}.")
}

impl<'de> Deserialize<'de> for GivenKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reference;
        impl<'de> Visitor<'de> for Reference {
            type Value = GivenKey;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object with `secret`")
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<GivenKey, E> {
                Ok(GivenKey::Inline)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<GivenKey, A::Error> {
                let (mut secret, mut version, mut inline) = (None, None, false);
                while let Some(field) = map.next_key::<String>()? {
                    match field.as_str() {
                        "secret" => secret = Some(map.next_value::<SecretRef>()?),
                        "version" => version = map.next_value::<Option<u32>>()?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            inline = true;
                        }
                    }
                }
                Ok(match secret {
                    Some(secret) if !inline => GivenKey::Stored(secret, version),
                    _ => GivenKey::Inline,
                })
            }
        }
        deserializer.deserialize_any(Reference)
    }
}

impl JsonSchema for GivenKey {
    fn schema_name() -> Cow<'static, str> {
        "EncryptionSecret".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let named = generator.subschema_for::<SecretRef>();
        json_schema!({
            "type": "object",
            "description": "A stored secret. The newest version encrypts unless another is named; every version that is good opens answers.",
            "properties": { "secret": named, "version": { "type": ["integer", "null"], "minimum": 1, "maximum": 4_294_967_295_u32 } },
            "required": ["secret"],
            "additionalProperties": false,
        })
    }
}
