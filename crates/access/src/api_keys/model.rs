//! What an API key is.

use std::net::IpAddr;

use sealpost_seal::token::{KeyKind, PlainKey};
use sealpost_seal::viewer::MaskProfile;
use sealpost_store::{ApiKeyId, Environment, OrgKeys, Time};
use sealpost_web::{Caller, Cidrs, PermissionSet};

use super::day::{DAY_MS, Day};
use super::network::{CoarseNetwork, NetworkName};
use crate::organisations::is_name;
use crate::permissions::EVERYTHING;

/// The most characters in a name.
const MAX_NAME: usize = 100;
/// Days a key lives unless said otherwise (parity A13).
const DEFAULT_DAYS: u16 = 90;
/// The most days a key may live.
const MAX_DAYS: u16 = 366;

/// What people call a key: 1 to 100 characters, no control characters, no space at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName(String);

/// A name or lifetime outside its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKeyField {
    /// The name.
    #[error("a key's name has 1 to 100 characters, none of them a control character, and no space at either end")]
    Name,
    /// The lifetime.
    #[error("a key lives 1 to 366 days")]
    Lifetime,
}

impl KeyName {
    /// The name, if it is one.
    pub fn parse(text: &str) -> Result<Self, BadKeyField> {
        if is_name(text, MAX_NAME) { Ok(Self(text.to_owned())) } else { Err(BadKeyField::Name) }
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How long a key lives: 1 to 366 days, 90 unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(u16);

impl Default for Lifetime {
    fn default() -> Self {
        Self(DEFAULT_DAYS)
    }
}

impl Lifetime {
    /// So many days.
    pub const fn days(days: u16) -> Result<Self, BadKeyField> {
        if days == 0 || days > MAX_DAYS { Err(BadKeyField::Lifetime) } else { Ok(Self(days)) }
    }

    /// The lifetime of a key that began and ends then, in whole days.
    pub(super) fn between(begin: Time, end: Time) -> Self {
        let days = u16::try_from(end.since(begin) / DAY_MS).unwrap_or(MAX_DAYS);
        Self(days.clamp(1, MAX_DAYS))
    }

    /// When a key that begins `now` ends.
    pub const fn end(self, now: Time) -> Time {
        now.plus_ms(self.0 as i64 * DAY_MS)
    }
}

/// How much of phone numbers a key sees, in the order of how much: nothing unless said otherwise, never all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyMask {
    /// Nothing.
    #[default]
    Full,
    /// The last four digits.
    Last4,
    /// The first three digits and the last four.
    First3Last4,
}

impl KeyMask {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Full, Self::Last4, Self::First3Last4];

    /// The mask of this name: `full`, `last4`, `first3_last4`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mask| mask.as_str() == name)
    }

    /// Its name in the API, the database and the ledger.
    pub fn as_str(self) -> &'static str {
        MaskProfile::from(self).as_str()
    }

    /// The most that somebody who sees so much may give a key.
    pub(super) fn at_most(profile: MaskProfile) -> Self {
        match profile {
            MaskProfile::Full => Self::Full,
            MaskProfile::Last4 => Self::Last4,
            MaskProfile::First3Last4 | MaskProfile::None => Self::First3Last4,
        }
    }
}

impl From<KeyMask> for MaskProfile {
    fn from(mask: KeyMask) -> Self {
        match mask {
            KeyMask::Full => Self::Full,
            KeyMask::Last4 => Self::Last4,
            KeyMask::First3Last4 => Self::First3Last4,
        }
    }
}

/// What somebody may give a key at most: what they have themselves.
#[derive(Clone, Copy, Debug)]
pub struct Ceiling {
    pub(super) scopes: PermissionSet,
    pub(super) mask: KeyMask,
}

impl Ceiling {
    /// Nobody's rights limit the operator.
    pub(super) const OPERATOR: Self = Self { scopes: EVERYTHING, mask: KeyMask::First3Last4 };

    /// What this caller has.
    pub(super) fn of(caller: &Caller) -> Self {
        Self { scopes: caller.permissions, mask: KeyMask::at_most(caller.mask_profile) }
    }
}

/// A key to be made, in the environment of its creator.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What people will call it.
    pub name: KeyName,
    /// Publishable or secret.
    pub kind: KeyKind,
    /// What it may do.
    pub scopes: PermissionSet,
    /// How much of phone numbers it sees.
    pub mask: KeyMask,
    /// How long it lives.
    pub lifetime: Lifetime,
    /// Where it may be used from.
    pub cidrs: Cidrs,
}

/// A key that was made: the only moment its text exists here. Has no `Debug`.
pub struct Issued {
    /// The key.
    pub key: ApiKey,
    /// Its text, to be shown once.
    pub plain: PlainKey,
}

/// A key, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The environment it acts in.
    pub environment: Environment,
    /// Publishable or secret.
    pub kind: KeyKind,
    /// What people call it.
    pub name: KeyName,
    /// The last four characters of its text.
    pub last4: String,
    /// What it may do.
    pub scopes: PermissionSet,
    /// How much of phone numbers it sees.
    pub mask: KeyMask,
    /// Where it may be used from.
    pub cidrs: Cidrs,
    /// Since when.
    pub created_at: Time,
    /// When it ends by itself. For a key with a successor, when the overlap ends.
    pub expires_at: Time,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Time>,
    /// The key that took over, if one did.
    pub successor: Option<ApiKeyId>,
    /// How often it was used, up to a few seconds ago.
    pub uses: u64,
    /// How it was used last, if ever.
    pub last_use: Option<LastUse>,
}

/// How a key was used last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// When, give or take a few seconds.
    pub at: Time,
    pub(super) network: NetworkName,
}

impl LastUse {
    /// From where: eight hexadecimal digits, the same for uses of one key from one network (/24 or /48) on one day.
    pub fn network(&self) -> String {
        self.network.to_hex()
    }

    /// Whether that was in the network (/24 or /48) of this address.
    pub(crate) fn is_from(&self, keys: &OrgKeys, key: ApiKeyId, peer: IpAddr) -> bool {
        NetworkName::new(keys, key, CoarseNetwork::of(peer), self.at) == self.network
    }
}

/// How often a key was used.
pub struct KeyUsage {
    /// The key.
    pub key: ApiKey,
    /// Days on which it was used, of those that are kept, newest first.
    pub days: Vec<(Day, u64)>,
}

/// How a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It may be used.
    Active,
    /// It has a successor, and may be used until then.
    Rotated {
        /// The end of the overlap.
        until: Time,
        /// The key that takes over.
        successor: ApiKeyId,
    },
    /// Its time is over.
    Expired {
        /// Since when.
        at: Time,
    },
    /// Somebody ended it.
    Revoked {
        /// When.
        at: Time,
    },
}
