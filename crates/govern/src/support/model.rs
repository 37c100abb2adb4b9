//! What support access is.

use sealpost_access::permissions::{ALL, PermissionNames};
use sealpost_store::{Environment, MemberId, SupportGrantId, Time};
use sealpost_web::PermissionSet;
use serde::{Deserialize, Serialize};

use super::summary::Summary;
use crate::audit::TypedId;

/// Who is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// Somebody outside, known by an address alone.
    Address,
    /// A member, beside what their role lets them do.
    Member(MemberId),
    /// Whoever has a shell on the host.
    Host,
}

impl To {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Member(_) => "member",
            Self::Host => "host",
        }
    }
}

/// What ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SupportEnd")]
pub(super) enum Ended {
    /// Somebody of the organisation.
    Stopped,
    /// Whoever was let in.
    Left,
    /// Its time.
    Expired,
    /// It was over as it began: the glass was broken, for one command.
    BrokenGlass,
}

impl Ended {
    const ALL: [Self; 4] = [Self::Stopped, Self::Left, Self::Expired, Self::BrokenGlass];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Left => "left",
            Self::Expired => "expired",
            Self::BrokenGlass => "broken_glass",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// Support access as it is stored, without what is sealed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grant {
    pub(super) id: SupportGrantId,
    pub(super) environment: Environment,
    pub(super) to: To,
    pub(super) permissions: PermissionSet,
    /// Which objects; all that the permissions are about, if none is named.
    pub(super) objects: Vec<TypedId>,
    /// Whether the last four digits of phone numbers are seen.
    pub(super) last4: bool,
    /// Whose vote was the last that it took.
    pub(super) granted_by: Option<MemberId>,
    pub(super) created_at: Time,
    pub(super) until: Time,
    /// The keyed hash of the link that begins it, and when it was used.
    pub(super) link: Option<([u8; 32], Option<Time>)>,
    /// The keyed hash of its session.
    pub(super) session: Option<[u8; 32]>,
    pub(super) ended: Option<(Time, Ended)>,
    /// What came of it, once that was counted.
    pub(super) summary: Option<Summary>,
}

impl Grant {
    /// Whether it lets anybody in at this moment, written down or not.
    pub(super) fn is_active(&self, now: Time) -> bool {
        self.ended.is_none() && now < self.until
    }

    /// Whether it is for looking alone.
    pub(super) fn is_read_only(&self) -> bool {
        is_read_only(self.permissions)
    }

    /// When and by what it ended, as of now.
    pub(super) fn ended(&self, now: Time) -> Option<(Time, Ended)> {
        self.ended.or_else(|| (self.until <= now).then_some((self.until, Ended::Expired)))
    }
}

/// Whether everything in it only reads.
pub(super) fn is_read_only(permissions: PermissionSet) -> bool {
    permissions.iter(ALL).all(|permission| permission.name().ends_with(":read"))
}

/// What is sealed of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    /// The address of whoever is let in.
    pub(super) email: Option<String>,
    /// Why.
    pub(super) reason: Option<String>,
    /// Where it is talked about.
    pub(super) ticket: Option<String>,
    /// Which command broke the glass.
    pub(super) command: Option<String>,
}

/// The permissions of a grant as they are stored.
pub(super) fn to_text(permissions: PermissionSet) -> String {
    serde_json::to_string(&PermissionNames(permissions)).unwrap_or_else(|_| "[]".to_owned())
}
