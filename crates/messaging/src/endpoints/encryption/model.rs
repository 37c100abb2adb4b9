//! How an endpoint is encrypted for.

use sealpost_seal::payload::{KeyForm, Method, PublicKey};
use sealpost_store::{SecretId, Time};

use super::fields::{Fields, Member};

/// How ciphertext of a whole body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Alone.
    Text,
    /// In an object, under the name that is chosen.
    Json,
}

/// What is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The whole body.
    Body(Shape),
    /// Single fields of `data`, each where it stands.
    Fields(Fields),
}

/// A stored secret that is a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StoredKey {
    /// Which.
    pub(super) secret: SecretId,
    /// Which version encrypts; the newest, if none is chosen.
    pub(super) version: Option<u32>,
    /// How its text becomes a key.
    pub(super) form: KeyForm,
}

/// Where the keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// In a secret that the receiver has, too.
    Shared(StoredKey),
    /// With the receiver; what answers are encrypted to is in a secret, if they are.
    Recipient {
        /// What is encrypted to.
        public: PublicKey,
        /// A private JWK.
        answers: Option<SecretId>,
    },
}

/// How an endpoint is encrypted for, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Encryption {
    /// By what.
    pub(super) method: Method,
    /// What.
    pub(super) scope: Scope,
    /// What an object with ciphertext calls it; answers, too.
    pub(super) member: Member,
    /// Under which keys.
    pub(super) keys: Keys,
    /// Since when.
    pub(super) updated_at: Time,
}

impl Encryption {
    /// Whether the receiver encrypts what it answers: it has the key for it, and the method opens what it seals.
    pub(super) fn expects_answers(&self) -> bool {
        !self.method.is_legacy() && !matches!(self.keys, Keys::Recipient { answers: None, .. })
    }
}

impl Shape {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::Text, Self::Json];

    /// The word it is stored and shown as.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }

    /// The shape of this word.
    pub(super) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.word() == word)
    }
}

impl Scope {
    /// How a body is sent; single fields always stand in theirs.
    pub(super) const fn shape(&self) -> Shape {
        match self {
            Self::Body(shape) => *shape,
            Self::Fields(_) => Shape::Json,
        }
    }

    /// Which fields; none where it is all of it.
    pub(super) fn fields(&self) -> Vec<String> {
        match self {
            Self::Body(_) => Vec::new(),
            Self::Fields(fields) => fields.texts(),
        }
    }
}

impl Keys {
    /// The secret they are in, if they are.
    pub(super) const fn secret(&self) -> Option<SecretId> {
        match self {
            Self::Shared(key) => Some(key.secret),
            Self::Recipient { answers, .. } => *answers,
        }
    }
}
