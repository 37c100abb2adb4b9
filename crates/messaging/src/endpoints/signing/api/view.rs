//! How signing is shown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use sealpost_access::secrets::{Kept, Origin};
use sealpost_seal::signature::{CustomSpec, Detected, Encoding, KeyEncoding};
use sealpost_store::{SecretId, Time};
use serde::Serialize;

use crate::endpoints::signing::explain::Explained;
use crate::endpoints::signing::model::{CUSTOM, Rotation, Shown, Signer, Usable};
use crate::endpoints::signing::rules;
use crate::endpoints::signing::service::How;

/// How an endpoint signs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EndpointSigning")]
pub(super) struct HowView {
    /// Whether there is a profile in which a receiver can tell a delivery from its repetition.
    replay_protected: bool,
    /// In which profiles.
    profiles: Vec<ProfileView>,
    /// The public key of `v1a` and `rfc9421`, as Standard Webhooks writes it.
    public_key: String,
    /// The same as a set of JSON Web Keys (RFC 7517, RFC 8037); `kid` is the `keyid` of `rfc9421`.
    jwks: JwksView,
    /// The rotation that is under way.
    rotation: Option<RotationView>,
}

/// One profile.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EndpointProfile")]
pub(in crate::endpoints) struct ProfileView {
    /// Its name.
    profile: &'static str,
    /// The header that carries the signature.
    header: String,
    /// Whether a receiver that checks this one alone can tell a delivery from its repetition.
    replay_protected: bool,
    /// Whether there is room for one signature only: then its secret rotates by steps.
    one_slot: bool,
    /// What signs in it; nothing where only the Ed25519 key does.
    secret: Option<SecretView>,
    /// What it is, of one's own.
    definition: Option<CustomView>,
}

/// A secret: never its value.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EndpointSecret")]
pub(super) struct SecretView {
    /// Its id.
    id: SecretId,
    /// Whether it is for this profile alone; else it is the endpoint's.
    own: bool,
    /// Its newest version.
    version: u32,
    /// What tells its value from others.
    fingerprint: Option<String>,
    /// How the receiver makes the key of its text: `text`, `base64` or `hex`.
    key_encoding: &'static str,
    /// `generated` or `imported`.
    origin: &'static str,
    /// Whether the key is shorter than 32 bytes.
    weak: bool,
    /// How many of its versions sign now.
    signing: usize,
    /// Since when the newest does.
    created_at: Time,
    /// Until when it should be replaced, because it comes from elsewhere.
    rotate_by: Option<Time>,
}

/// A signature profile of one's own.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CustomSignatureView")]
pub(super) struct CustomView {
    header: String,
    value: String,
    signed: String,
    encoding: &'static str,
    prefix: String,
    separator: Option<char>,
    companions: BTreeMap<String, String>,
}

/// A set of public keys.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EndpointKeys")]
struct JwksView {
    keys: Vec<JwkView>,
}

/// A public key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EndpointKey")]
struct JwkView {
    kty: &'static str,
    crv: &'static str,
    x: String,
    kid: String,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
}

/// A rotation by steps that is under way.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EndpointRotation")]
pub(super) struct RotationView {
    /// Of this profile's secret; of the endpoint's own, if absent.
    profile: Option<&'static str>,
    /// Since when.
    begun_at: Time,
    /// When the receiver showed that it knows the new secret; `finish` needs that.
    proven_at: Option<Time>,
}

/// A secret that was made for a single profile.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProfileSecret")]
pub(in crate::endpoints) struct ShownView {
    /// For which.
    profile: &'static str,
    /// Its text. Shown this once.
    secret: Option<String>,
    /// How the text becomes the key.
    key_encoding: &'static str,
}

/// One signature of a delivery.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignatureExplained")]
pub(in crate::endpoints) struct SignatureView {
    /// In which profile.
    profile: &'static str,
    /// In which header.
    header: String,
    /// The signature, as it stands there.
    signature: String,
    /// `hmac-sha256` or `ed25519`.
    algorithm: &'static str,
    /// Which key: the fingerprint of the secret, or the thumbprint of the public key.
    key: String,
    /// How the secret's text becomes the key.
    key_encoding: Option<&'static str>,
    /// The exact bytes that are signed, in hexadecimal.
    signed_hex: String,
    /// The same as text.
    signed_text: String,
    /// A line for a shell that computes it again, or checks it. It takes the secret from `SECRET`.
    shell: String,
}

/// How one old delivery was signed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignatureDetected")]
pub(in crate::endpoints) struct DetectedView {
    /// What verifies; empty if nothing does.
    pub(in crate::endpoints) found: Vec<FoundView>,
    /// Every known profile, and which parts of it fit.
    pub(in crate::endpoints) looked: Vec<LookedView>,
}

/// Something that verifies.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignatureFound")]
pub(in crate::endpoints) struct FoundView {
    /// The profile; `custom` where none is known.
    pub(in crate::endpoints) profile: &'static str,
    /// How a signature's bytes become text.
    pub(in crate::endpoints) encoding: &'static str,
    /// How the secret's text becomes the key.
    pub(in crate::endpoints) key_encoding: &'static str,
    /// Whether a receiver can tell a delivery from its repetition.
    pub(in crate::endpoints) replay_protected: bool,
    /// What an endpoint takes among its `profiles`; `value` is yours to add.
    pub(in crate::endpoints) configuration: serde_json::Value,
}

/// How far a known profile fits.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignatureLooked")]
pub(in crate::endpoints) struct LookedView {
    /// Its name.
    pub(in crate::endpoints) profile: &'static str,
    /// Its signature header is there, once.
    pub(in crate::endpoints) header: bool,
    /// What it signs besides the body is there.
    pub(in crate::endpoints) companions: bool,
    /// The signature is written as in this profile.
    pub(in crate::endpoints) encoding: bool,
    /// It verifies.
    pub(in crate::endpoints) signature: bool,
}

impl From<&How> for HowView {
    fn from(how: &How) -> Self {
        let key = JwkView {
            kty: "OKP",
            crv: "Ed25519",
            x: how.key.x(),
            kid: how.key.thumbprint(),
            usage: "sig",
            alg: "EdDSA",
        };
        Self {
            replay_protected: how.endpoint.is_replay_protected(),
            profiles: how.signers.iter().map(|signer| profile(how, signer)).collect(),
            public_key: how.key.to_text(),
            jwks: JwksView { keys: vec![key] },
            rotation: how.rotation.as_ref().map(RotationView::from),
        }
    }
}

impl From<&Rotation> for RotationView {
    fn from(rotation: &Rotation) -> Self {
        Self { profile: rotation.profile, begun_at: rotation.begun_at, proven_at: rotation.proven_at }
    }
}

fn profile(how: &How, signer: &Signer) -> ProfileView {
    let dialect = &signer.dialect;
    let own = how.own.iter().find(|(name, _)| *name == dialect.name()).map(|(_, kept)| *kept);
    let signing = signer.secrets.len() - usize::from(signer.is_turning).min(signer.secrets.len());
    let custom = how.endpoint.custom.as_ref().filter(|_| dialect.name() == CUSTOM);
    ProfileView {
        profile: dialect.name(),
        header: dialect.header(),
        replay_protected: dialect.is_replay_protected(),
        one_slot: dialect.has_one_slot(),
        secret: signer
            .secrets
            .first()
            .map(|newest| secret(newest, own.unwrap_or(how.endpoint.secret), own.is_some(), signing)),
        definition: custom.map(|custom| CustomView::from(custom.spec())),
    }
}

fn secret(newest: &Usable, kept: Kept, own: bool, signing: usize) -> SecretView {
    SecretView {
        id: kept.id(),
        own,
        version: newest.version,
        fingerprint: newest.fingerprint.clone(),
        key_encoding: newest.secret.encoding().word(),
        origin: match newest.origin {
            Origin::Generated => "generated",
            Origin::Imported => "imported",
        },
        weak: newest.secret.is_weak(),
        signing,
        created_at: newest.created_at,
        rotate_by: rules::rotate_by(newest.origin, newest.created_at),
    }
}

const fn word(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Hex => "hex",
        Encoding::Base64 => "base64",
    }
}

impl From<&CustomSpec> for CustomView {
    fn from(spec: &CustomSpec) -> Self {
        Self {
            header: spec.header.clone(),
            value: spec.value.clone(),
            signed: spec.signed.clone(),
            encoding: word(spec.encoding),
            prefix: spec.prefix.clone(),
            separator: spec.separator,
            companions: spec.companions.clone(),
        }
    }
}

impl ShownView {
    /// With its secret.
    pub(in crate::endpoints) fn full(shown: &Shown) -> Self {
        Self { secret: Some(shown.secret.expose().to_owned()), ..Self::again(shown) }
    }

    /// Without it.
    pub(in crate::endpoints) fn again(shown: &Shown) -> Self {
        Self { profile: shown.profile, secret: None, key_encoding: shown.encoding.word() }
    }
}

impl From<&Explained> for SignatureView {
    fn from(one: &Explained) -> Self {
        Self {
            profile: one.profile,
            header: one.header.clone(),
            signature: one.signature.clone(),
            algorithm: one.algorithm,
            key: one.key.clone(),
            key_encoding: one.key_encoding.map(KeyEncoding::word),
            signed_hex: one.signed.iter().map(|byte| format!("{byte:02x}")).collect(),
            signed_text: String::from_utf8_lossy(&one.signed).into_owned(),
            shell: one.shell.clone(),
        }
    }
}

impl From<&Detected> for DetectedView {
    fn from(detected: &Detected) -> Self {
        let found = detected.found.iter().map(|one| {
            let mut configuration = serde_json::json!({
                "profile": one.profile,
                "secret": { "encoding": one.key_encoding.word(), "imported": true },
            });
            if let (Some(spec), Some(object)) = (&one.custom, configuration.as_object_mut()) {
                object.insert("definition".into(), serde_json::json!(CustomView::from(spec)));
            }
            FoundView {
                profile: one.profile,
                encoding: word(one.encoding),
                key_encoding: one.key_encoding.word(),
                replay_protected: one.replay_protected,
                configuration,
            }
        });
        let looked = detected.looked.iter().map(|one| LookedView {
            profile: one.profile,
            header: one.header,
            companions: one.companions,
            encoding: one.encoding,
            signature: one.signature,
        });
        Self { found: found.collect(), looked: looked.collect() }
    }
}
