//! Decisions about keys, as plain functions.

use std::net::IpAddr;

use sealpost_seal::token::KeyKind;
use sealpost_store::Time;
use sealpost_web::{PermissionSet, Refusal, Via};

use super::codes;
use super::day::DAY_MS;
use super::model::{ApiKey, Ceiling, KeyMask, KeyState, Lifetime, NewKey};
use crate::permissions::{ALL, PUBLISHABLE};

/// Why a key is not believed, or can't be made or changed as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// It is no key at all.
    #[error("not an API key")]
    Malformed,
    /// A secret key came in the header for publishable ones.
    #[error("a secret key was presented as a publishable one")]
    HeaderWrong,
    /// Nobody has it.
    #[error("nobody has this key")]
    Unknown,
    /// It was revoked.
    #[error("the key has been revoked")]
    Revoked,
    /// It has ended by itself.
    #[error("the key has expired")]
    Expired,
    /// Its overlap with its successor has ended.
    #[error("the key has been replaced")]
    RotatedOut,
    /// It is tied to other networks.
    #[error("the key may not be used from here")]
    AddressRefused,
    /// A web page holds a secret key.
    #[error("a secret key was used in a browser")]
    InBrowser,
    /// More than the creator may do; what is too much.
    #[error("a key can't be given what its creator may not do")]
    ScopesExceeded(PermissionSet),
    /// It would see more of phone numbers than it may; how much it may.
    #[error("a key can't be given what its creator doesn't see")]
    MaskExceeded(KeyMask),
    /// Not for publishable keys; which.
    #[error("a publishable key may not hold these scopes")]
    NotPublishable(PermissionSet),
    /// Nothing at all.
    #[error("a secret key needs at least one scope")]
    NoScopes,
    /// It has ended, so it can't be rotated.
    #[error("the key is not active any more")]
    NotActive,
}

/// Days without a use after which a key sleeps: so long that nobody would miss it, and that a use deserves a look (parity A14).
/// Any shorter, and jobs that run every few weeks would be told of each time.
const IDLE_DAYS: i64 = 30;

/// How long before its end an organisation is reminded of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Threshold {
    days: u16,
    code: &'static str,
}

/// Nearest first (parity A13).
const THRESHOLDS: [Threshold; 3] = [
    Threshold { days: 1, code: "days_1" },
    Threshold { days: 3, code: "days_3" },
    Threshold { days: 14, code: "days_14" },
];

/// What there is to say of a key's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reminder {
    /// It ends soon.
    Ending {
        /// The threshold it has passed.
        threshold: Threshold,
        /// Days until then, rounded up.
        days_left: u16,
    },
    /// It has ended.
    Ended,
}

impl Threshold {
    /// As a ledger leaf says it.
    pub(super) const fn code(self) -> &'static str {
        self.code
    }

    const fn ms(self) -> i64 {
        self.days as i64 * DAY_MS
    }
}

impl Reminder {
    /// What is stored once it has been given: days, less with each, and 0 at the end.
    pub(super) const fn mark(self) -> u16 {
        match self {
            Self::Ending { threshold, .. } => threshold.days,
            Self::Ended => 0,
        }
    }
}

/// Up to when a key must end for there to be anything to say of it now.
pub(super) fn first_reminder(now: Time) -> Time {
    now.plus_ms(THRESHOLDS.iter().map(|threshold| threshold.ms()).max().unwrap_or(0))
}

/// What is to be said of a key's end by now, whether or not it has been said. Nothing of one that somebody ended or replaced, and
/// nothing from before the key was there.
pub(super) fn reminder(key: &ApiKey, now: Time) -> Option<Reminder> {
    match state(key, now) {
        KeyState::Revoked { .. } | KeyState::Rotated { .. } => None,
        KeyState::Expired { .. } => Some(Reminder::Ended),
        KeyState::Active => {
            let (left, life) = (key.expires_at.since(now), key.expires_at.since(key.created_at));
            let passed = |threshold: &Threshold| left <= threshold.ms() && threshold.ms() < life;
            let threshold = THRESHOLDS.into_iter().find(passed)?;
            let days_left = u16::try_from((left + DAY_MS - 1) / DAY_MS).unwrap_or(threshold.days);
            Some(Reminder::Ending { threshold, days_left })
        }
    }
}

/// For how many whole days a key slept that is used at `now`, if it slept.
pub(super) fn slept(created_at: Time, last_used_at: Option<Time>, now: Time) -> Option<i64> {
    let days = now.since(last_used_at.unwrap_or(created_at)) / DAY_MS;
    (days >= IDLE_DAYS).then_some(days)
}

/// How a key stands.
pub(super) fn state(key: &ApiKey, now: Time) -> KeyState {
    match (key.revoked_at, key.successor) {
        (Some(at), _) => KeyState::Revoked { at },
        (None, Some(successor)) => KeyState::Rotated { until: key.expires_at, successor },
        (None, None) if key.expires_at <= now => KeyState::Expired { at: key.expires_at },
        (None, None) => KeyState::Active,
    }
}

impl ApiKey {
    /// Whether its time is not over.
    pub(crate) fn is_good(&self, now: Time) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// Whether a key may be used now, from here, by this kind of client.
pub(super) fn may_use(key: &ApiKey, now: Time, peer: IpAddr, from_browser: bool) -> Result<(), KeyRefused> {
    match state(key, now) {
        KeyState::Active => {}
        KeyState::Rotated { until, .. } if now < until => {}
        KeyState::Rotated { .. } => return Err(KeyRefused::RotatedOut),
        KeyState::Expired { .. } => return Err(KeyRefused::Expired),
        KeyState::Revoked { .. } => return Err(KeyRefused::Revoked),
    }
    if !key.cidrs.admit(peer) {
        return Err(KeyRefused::AddressRefused);
    }
    // Whatever a page can send, everybody who opens it can read.
    if from_browser && key.kind == KeyKind::Secret {
        return Err(KeyRefused::InBrowser);
    }
    Ok(())
}

/// Whether somebody with this ceiling may make this key.
pub(super) fn may_grant(ceiling: Ceiling, new: &NewKey) -> Result<(), KeyRefused> {
    let NewKey { kind, scopes, mask, .. } = *new;
    if kind == KeyKind::Publishable && !scopes.is_subset(PUBLISHABLE) {
        return Err(KeyRefused::NotPublishable(without(scopes, PUBLISHABLE)));
    }
    if kind == KeyKind::Secret && scopes.is_empty() {
        return Err(KeyRefused::NoScopes);
    }
    if !scopes.is_subset(ceiling.scopes) {
        return Err(KeyRefused::ScopesExceeded(without(scopes, ceiling.scopes)));
    }
    // Whoever opens a page has its key.
    let most = if kind == KeyKind::Publishable { KeyMask::Full } else { ceiling.mask };
    if mask > most { Err(KeyRefused::MaskExceeded(most)) } else { Ok(()) }
}

/// Whether a key may get a successor: it may still be used and has none yet.
pub(super) fn may_rotate(key: &ApiKey, now: Time) -> Result<(), KeyRefused> {
    match state(key, now) {
        KeyState::Active => Ok(()),
        KeyState::Rotated { .. } | KeyState::Expired { .. } | KeyState::Revoked { .. } => Err(KeyRefused::NotActive),
    }
}

/// What a key's successor is: the same, for as long again.
pub(super) fn successor(old: &ApiKey) -> NewKey {
    NewKey {
        name: old.name.clone(),
        kind: old.kind,
        scopes: old.scopes,
        mask: old.mask,
        lifetime: Lifetime::between(old.created_at, old.expires_at),
        cidrs: old.cidrs.clone(),
    }
}

/// Whether a key came in a header meant for its kind: what looks public in one place must not be secret in another.
pub(super) fn fits(key: &ApiKey, via: Via) -> Result<(), KeyRefused> {
    if via == Via::PublishableKey && key.kind == KeyKind::Secret { Err(KeyRefused::HeaderWrong) } else { Ok(()) }
}

fn without(set: PermissionSet, taken: PermissionSet) -> PermissionSet {
    let mut left = PermissionSet::EMPTY;
    set.iter(ALL).filter(|permission| !taken.contains(*permission)).for_each(|permission| left.insert(permission));
    left
}

impl From<KeyRefused> for Refusal {
    fn from(refused: KeyRefused) -> Self {
        let names = |set: PermissionSet| set.iter(ALL).map(|p| p.name()).collect::<Vec<_>>();
        match refused {
            KeyRefused::Malformed => Self::of(&codes::KEY_MALFORMED),
            KeyRefused::HeaderWrong => Self::of(&codes::KEY_HEADER_WRONG),
            KeyRefused::Unknown => Self::of(&codes::KEY_UNKNOWN),
            KeyRefused::Revoked => Self::of(&codes::KEY_REVOKED),
            KeyRefused::Expired => Self::of(&codes::KEY_EXPIRED),
            KeyRefused::RotatedOut => Self::of(&codes::KEY_ROTATED_OUT),
            KeyRefused::AddressRefused => Self::of(&codes::KEY_ADDRESS_REFUSED),
            KeyRefused::InBrowser => Self::of(&codes::SECRET_KEY_IN_BROWSER),
            KeyRefused::NotActive => Self::of(&codes::KEY_NOT_ACTIVE),
            KeyRefused::NoScopes => Self::of(&codes::SCOPES_EMPTY).at("/scopes", "scopes_empty"),
            KeyRefused::ScopesExceeded(set) => Self::of(&codes::SCOPES_EXCEEDED).member("scopes", names(set)),
            KeyRefused::MaskExceeded(most) => {
                Self::of(&codes::MASK_PROFILE_EXCEEDED).member("mask_profile", most.as_str())
            }
            KeyRefused::NotPublishable(set) => Self::of(&codes::SCOPES_NOT_PUBLISHABLE).member("scopes", names(set)),
        }
    }
}
