//! What a secret is.

use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::{SecretId, Time};

/// The longest value: a chain of certificates with its key fits.
const MAX_BYTES: usize = 16 * 1024;
/// Seven days, in seconds.
const MAX_OVERLAP: u32 = 7 * 86_400;

/// What a secret is for: `endpoint.signing`, `smtp.password`. It is asked for again when the secret is used, so that a value
/// entered for one purpose can't be made to serve another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose(&'static str);

impl Purpose {
    /// The purpose of this name.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Generated here: as strong as it should be, and nobody else had it first.
    Generated,
    /// Brought in from elsewhere; to be replaced when possible.
    Imported,
}

/// A value to be kept. Has no `Debug`: it is secret.
pub struct NewSecret {
    pub(super) value: SecretText,
    pub(super) encoding: KeyEncoding,
    pub(super) origin: Origin,
}

/// The value is empty or longer than 16 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret has 1 to 16384 bytes")]
pub struct BadSecret;

impl NewSecret {
    /// A value of 1 to 16 384 bytes. `encoding` says how its text becomes a key; a password is [`KeyEncoding::Text`].
    pub fn new(value: SecretText, encoding: KeyEncoding, origin: Origin) -> Result<Self, BadSecret> {
        if (1..=MAX_BYTES).contains(&value.expose().len()) {
            Ok(Self { value, encoding, origin })
        } else {
            Err(BadSecret)
        }
    }
}

/// How long older versions live on when a new one is made: 0 to 7 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overlap(u32);

/// An overlap is at most seven days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an overlap is at most 604800 seconds")]
pub struct OverlapTooLong;

impl Overlap {
    /// The older ones end at once.
    pub const NONE: Self = Self(0);

    /// So many seconds, at most 604 800.
    pub const fn seconds(seconds: u32) -> Result<Self, OverlapTooLong> {
        if seconds > MAX_OVERLAP { Err(OverlapTooLong) } else { Ok(Self(seconds)) }
    }

    /// The moment it ends, if it begins `now`.
    pub const fn end(self, now: Time) -> Time {
        now.plus_ms(self.0 as i64 * 1000)
    }
}

/// A version that may be used. Has no `Debug`: its value is secret.
pub struct SecretVersion {
    /// Its number, from 1.
    pub number: u32,
    /// The value, to be used.
    pub value: SecretText,
    /// How the value's text becomes a key.
    pub encoding: KeyEncoding,
    /// Where it comes from.
    pub origin: Origin,
    /// Since when.
    pub created_at: Time,
    /// Until when; the newest version has no end.
    pub expires_at: Option<Time>,
}

/// What may be said about a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSummary {
    /// Its id.
    pub id: SecretId,
    /// What it is for.
    pub purpose: String,
    /// Its versions, newest first.
    pub versions: Vec<VersionSummary>,
}

/// What may be said about a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionSummary {
    /// Its number, from 1.
    pub number: u32,
    /// Where it comes from.
    pub origin: Origin,
    /// Since when.
    pub created_at: Time,
    /// Until when.
    pub expires_at: Option<Time>,
}
