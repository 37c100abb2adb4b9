//! What signing is made of.

use std::sync::Arc;

use sealpost_access::secrets::{Kept, Origin, SecretVersion};
use sealpost_seal::SecretText;
use sealpost_seal::signature::{
    BadSecret, Custom, KeyEncoding, MESSAGE_SIGNATURES, Profile, SigningKey, SigningSecret, profiles,
};
use sealpost_store::{SecretId, Time};

use crate::endpoints::service::GivenSecret;

/// The name of a profile of the endpoint's own.
pub(in crate::endpoints) const CUSTOM: &str = "custom";
/// The name of the profile that rides along.
pub(in crate::endpoints) const STANDARD: &str = profiles::STANDARD.name;

/// The name as we spell it, if there is a profile of this name.
pub(in crate::endpoints) fn known(name: &str) -> Option<&'static str> {
    let known = profiles::by_name(name).map(|profile| profile.name);
    known.or_else(|| [CUSTOM, MESSAGE_SIGNATURES].into_iter().find(|own| *own == name))
}

/// A profile an endpoint is to sign in.
pub(in crate::endpoints) struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is, of one's own.
    pub definition: Option<Custom>,
    /// A secret for it alone.
    pub secret: Option<GivenSecret>,
}

/// How an endpoint is to sign; what is absent stays.
#[derive(Default)]
pub(in crate::endpoints) struct Change {
    /// In which profiles, besides `standard`.
    pub entries: Option<Vec<Entry>>,
    /// Whether `standard` rides along.
    pub standard: Option<bool>,
}

impl Entry {
    /// A profile with nothing said about it.
    pub(in crate::endpoints) fn named(name: &'static str) -> Self {
        Self { name, definition: None, secret: None }
    }
}

impl Change {
    /// The profile of its own that is described.
    pub(in crate::endpoints) fn described(&self) -> Option<&Custom> {
        self.entries.iter().flatten().find_map(|entry| entry.definition.as_ref())
    }

    /// Whether it brings a secret along, or names one.
    pub(in crate::endpoints) fn brings_secrets(&self) -> bool {
        self.entries.iter().flatten().any(|entry| entry.secret.is_some())
    }

    /// `standard`, and these.
    #[cfg(test)]
    pub(in crate::endpoints) fn to(names: &[&str]) -> Self {
        let entries = names.iter().filter_map(|name| known(name)).map(Entry::named).collect();
        Self { entries: Some(entries), standard: None }
    }
}

/// A secret that was made for a profile: shown once.
pub(in crate::endpoints) struct Shown {
    /// For which.
    pub profile: &'static str,
    /// Its text.
    pub secret: SecretText,
    /// How the text becomes a key.
    pub encoding: KeyEncoding,
}

/// In what an endpoint signs.
#[derive(Clone)]
pub(in crate::endpoints) enum Dialect {
    /// A profile others know, too.
    Known(&'static Profile<'static>),
    /// One of its own.
    Custom(Arc<Custom>),
    /// HTTP Message Signatures.
    Message,
}

/// One profile with what it signs by.
#[derive(Clone)]
pub(in crate::endpoints) struct Signer {
    /// What it is.
    pub dialect: Dialect,
    /// The secrets it signs by, newest first; a new one that is yet to be proven stands last.
    pub secrets: Vec<Arc<Usable>>,
    /// Whether one of them is yet to be proven.
    pub is_turning: bool,
}

/// Everything an endpoint signs by.
pub(in crate::endpoints) type Signers = Vec<Signer>;

/// A secret that may sign. Has no `Debug`: it is secret.
pub(in crate::endpoints) struct Usable {
    /// It.
    pub secret: SigningSecret,
    /// What tells its value from others.
    pub fingerprint: Option<String>,
    /// Its number among the versions.
    pub version: u32,
    /// Where it comes from.
    pub origin: Origin,
    /// Since when.
    pub created_at: Time,
}

impl Usable {
    /// A version that can sign.
    pub(super) fn of(version: &SecretVersion) -> Result<Arc<Self>, BadSecret> {
        Ok(Arc::new(Self {
            secret: SigningSecret::import(version.value.expose(), version.encoding)?,
            fingerprint: version.fingerprint.map(sealpost_access::secrets::Fingerprint::to_hex),
            version: version.number,
            origin: version.origin,
            created_at: version.created_at,
        }))
    }
}

impl Dialect {
    /// What it is called.
    pub(in crate::endpoints) fn name(&self) -> &'static str {
        match self {
            Self::Known(profile) => profile.name,
            Self::Custom(_) => CUSTOM,
            Self::Message => MESSAGE_SIGNATURES,
        }
    }

    /// The header that carries the signature.
    pub(in crate::endpoints) fn header(&self) -> String {
        match self {
            Self::Known(profile) => profile.header.to_owned(),
            Self::Custom(custom) => custom.spec().header.clone(),
            Self::Message => "Signature".into(),
        }
    }

    /// Whether a receiver can tell a delivery from its repetition by what is signed.
    pub(in crate::endpoints) fn is_replay_protected(&self) -> bool {
        match self {
            Self::Known(profile) => profile.is_replay_safe(),
            Self::Custom(custom) => !custom.replayable(),
            Self::Message => true,
        }
    }

    /// Whether there is room for one signature by a secret only.
    pub(in crate::endpoints) fn has_one_slot(&self) -> bool {
        match self {
            Self::Known(profile) => profile.has_one_slot(),
            Self::Custom(custom) => custom.spec().separator.is_none(),
            // It signs by the endpoint's key, which no rotation of secrets touches.
            Self::Message => false,
        }
    }

    /// Whether a secret signs in it.
    pub(in crate::endpoints) fn takes_secrets(&self) -> bool {
        !matches!(self, Self::Message)
    }

    /// How a secret that is made for it becomes a key.
    pub(in crate::endpoints) fn key(&self) -> KeyEncoding {
        match self {
            Self::Known(profile) => profile.key,
            Self::Custom(_) => KeyEncoding::Text,
            Self::Message => KeyEncoding::Base64,
        }
    }

    /// A fresh secret as its receivers expect one.
    pub(super) fn generate(&self, rng: &dyn sealpost_seal::Rng) -> SigningSecret {
        match self.key() {
            KeyEncoding::Text if self.name() == profiles::SAFRAVO.name => SigningSecret::generate_text("whsec_", rng),
            KeyEncoding::Text => SigningSecret::generate_text("", rng),
            KeyEncoding::Base64 | KeyEncoding::Hex => SigningSecret::generate(rng),
        }
    }
}

impl Signer {
    /// The same, by the secret alone that is yet to be proven.
    pub(super) fn by_the_new_one(&self) -> Self {
        let last = self.secrets.last().filter(|_| self.is_turning);
        let secrets = last.map_or_else(|| self.secrets.clone(), |new| vec![new.clone()]);
        Self { dialect: self.dialect.clone(), secrets, is_turning: self.is_turning }
    }

    /// The keys, for seal.
    pub(super) fn keys(&self) -> Vec<SigningKey<'_>> {
        self.secrets.iter().map(|usable| SigningKey::Secret(&usable.secret)).collect()
    }
}

/// What an endpoint has for one profile.
pub(super) struct ProfileRow {
    /// Which profile.
    pub name: &'static str,
    /// Its description, of one's own.
    pub definition: Option<String>,
    /// Its secret, if it has one of its own.
    pub secret: Option<Kept>,
}

/// A rotation by steps that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::endpoints) struct Rotation {
    /// Of this profile's secret; of the endpoint's own, if nothing.
    pub profile: Option<&'static str>,
    /// Where the new one waits.
    pub secret: SecretId,
    /// Since when.
    pub begun_at: Time,
    /// When the receiver showed that it knows it.
    pub proven_at: Option<Time>,
}
