//! What a secret is.

use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::{Actor, SecretId, Time};

use super::mark::{Fingerprint, NetworkMark};
use super::users::SecretUse;

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
    /// What tells its value from others; nothing until it has been made.
    pub fingerprint: Option<Fingerprint>,
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

/// What people call a secret: `[a-z0-9][a-z0-9-]{0,62}`, once in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretName(String);

/// What somebody wrote about a secret: up to 500 characters on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description(String);

/// After how many days somebody is reminded of a version's age: 1 to 3650; never, if 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemindAfter(u16);

/// A name, a description or a number of days is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a name, description or number of days of a secret")]
pub struct BadCard;

impl SecretName {
    /// The name, if it is one.
    pub fn parse(text: &str) -> Result<Self, BadCard> {
        let fits = (1..=63).contains(&text.len())
            && !text.starts_with('-')
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(BadCard) }
    }

    /// What the product calls a secret it makes itself: what it is for, and the end of its id.
    pub(super) fn made_for(purpose: Purpose, id: SecretId) -> Self {
        let word: String = purpose.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let end: String = id.bytes().iter().skip(10).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{word}-{end}"))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Description {
    /// The description, if it is short enough and on one line.
    pub fn parse(text: &str) -> Result<Self, BadCard> {
        let fits = text.chars().count() <= 500 && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(BadCard) }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RemindAfter {
    /// Nobody is reminded.
    pub const NEVER: Self = Self(0);

    /// So many days, up to ten years.
    pub const fn days(days: u16) -> Result<Self, BadCard> {
        if days <= 3650 { Ok(Self(days)) } else { Err(BadCard) }
    }

    /// How many days; 0 is never.
    pub const fn as_days(self) -> u16 {
        self.0
    }
}

impl Default for RemindAfter {
    fn default() -> Self {
        Self(90)
    }
}

/// A secret somebody stores by name.
pub struct NewNamed {
    /// What it will be called.
    pub name: SecretName,
    /// What it is.
    pub description: Description,
    /// When its age is to be told.
    pub remind: RemindAfter,
    /// Its value.
    pub value: NewSecret,
}

/// What of a secret is to change; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardChange {
    /// Another name.
    pub name: Option<SecretName>,
    /// Another description.
    pub description: Option<Description>,
    /// Another time to be reminded.
    pub remind: Option<RemindAfter>,
}

/// A secret as people see it: never its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSecret {
    /// Its id.
    pub id: SecretId,
    /// What it is called.
    pub name: SecretName,
    /// What somebody wrote about it.
    pub description: Description,
    /// When its age is told.
    pub remind: RemindAfter,
    /// What it is for.
    pub purpose: String,
    /// Since when it is kept.
    pub created_at: Time,
    /// When anything about it changed last.
    pub updated_at: Time,
    /// Its newest version.
    pub newest: VersionSummary,
    /// What uses it.
    pub uses: Vec<SecretUse>,
}

impl NamedSecret {
    /// Whether somebody stored it by hand: the product makes its own.
    pub fn is_stored(&self) -> bool {
        self.purpose == super::STORED.as_str()
    }

    /// When it was used last, if that is known.
    pub fn last_used_at(&self) -> Option<Time> {
        self.uses.iter().filter_map(|one| one.last_used_at).max()
    }
}

/// What was done to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was made.
    Created,
    /// It got another name, description or time to be reminded.
    Changed,
    /// It got another version.
    Rotated,
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Created, Self::Changed, Self::Rotated];

    /// Its word, as it is stored and sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Rotated => "rotated",
        }
    }
}

/// One change of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretChange {
    /// Its place among the secret's, from 0.
    pub seq: u64,
    /// What was done.
    pub kind: ChangeKind,
    /// The newest version then.
    pub version: u32,
    /// By whom.
    pub actor: Actor,
    /// From where, if that is known.
    pub network: Option<NetworkMark>,
    /// When.
    pub at: Time,
}

/// What may be said about a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionSummary {
    /// Its number, from 1.
    pub number: u32,
    /// Where it comes from.
    pub origin: Origin,
    /// What tells its value from others; nothing until it has been made.
    pub fingerprint: Option<Fingerprint>,
    /// Since when.
    pub created_at: Time,
    /// Until when.
    pub expires_at: Option<Time>,
}
