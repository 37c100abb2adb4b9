//! What a role is.

use std::str::FromStr;

use sealpost_seal::viewer::MaskProfile;
use sealpost_store::{ChannelId, RoleId, Time};
use sealpost_web::PermissionSet;

use super::standard::Standard;
use crate::api_keys::Cidrs;
use crate::masking::DailyReveals;
use crate::organisations::is_name;

/// Which role: one of ours, or one that the organisation made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoleRef {
    /// One of ours.
    Standard(Standard),
    /// One of theirs.
    Custom(RoleId),
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("role_unknown")]
pub struct NotARole;

impl std::fmt::Display for RoleRef {
    /// As it is stored and sent: `owner`, `role_…`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Standard(standard) => f.write_str(standard.word()),
            Self::Custom(id) => id.fmt(f),
        }
    }
}

impl FromStr for RoleRef {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        match Standard::of(text) {
            Some(standard) => Ok(Self::Standard(standard)),
            None => text.parse().map(Self::Custom).map_err(|_| NotARole),
        }
    }
}

/// Whose conversations a member sees. Each sees what the one before it sees, and more.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Their own.
    Own,
    /// And those of nobody yet.
    Unassigned,
    /// And those of their teams.
    Team,
    /// All.
    All,
}

/// Whole minutes, 1 to 1440.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minutes(u16);

impl Minutes {
    /// So many, brought within 1 and 1440.
    pub const fn new(minutes: u16) -> Self {
        Self(match minutes {
            0 => 1,
            1..=1440 => minutes,
            _ => 1440,
        })
    }

    /// How many.
    pub const fn count(self) -> u16 {
        self.0
    }

    /// As milliseconds.
    pub const fn ms(self) -> i64 {
        self.0 as i64 * 60_000
    }
}

/// How long a session lasts (NIST SP 800-63B-4 §2.2.3: at AAL2 no more than an hour idle and 24 hours overall).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request.
    pub idle: Minutes,
    /// At all.
    pub absolute: Minutes,
}

impl SessionLimits {
    /// The longest there are, and what a role has unless it says otherwise.
    pub const LONGEST: Self = Self { idle: Minutes(60), absolute: Minutes(1440) };
}

/// What people call a role of their own: 1 to 60 characters, no control characters, no space at either end, and no name of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleName(String);

impl RoleName {
    /// The name, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |text: &str| text.to_lowercase().replace(['-', '_'], " ");
        let ours = Standard::ALL.iter().any(|one| plain(one.word()) == plain(text));
        (is_name(text, MAX_NAME) && !ours).then(|| Self(text.to_owned()))
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const MAX_NAME: usize = 60;

/// What a role of an organisation's own is to say.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRole {
    /// What people call it.
    pub name: RoleName,
    /// What they may do.
    pub permissions: PermissionSet,
    /// Whose conversations they see.
    pub visibility: Visibility,
    /// In which channels; nothing is all of them.
    pub channels: Option<Vec<ChannelId>>,
    /// How much of a phone number they see.
    pub masks: MaskProfile,
    /// Whether they have to prove freshly that it is them before they change or reveal anything.
    pub require_step_up: bool,
    /// From where they may sign in and work.
    pub cidrs: Cidrs,
    /// How long they stay signed in.
    pub limits: SessionLimits,
    /// How many looks at clear data each of them has in a day, if fewer than the organisation lets anybody.
    pub reveals: Option<DailyReveals>,
}

impl NewRole {
    /// The role that it makes.
    pub fn role(&self, id: RoleId) -> Role {
        let Self { name, permissions, visibility, channels, masks, require_step_up, cidrs, limits, reveals } =
            self.clone();
        Role {
            reference: RoleRef::Custom(id),
            name: name.0,
            permissions,
            visibility,
            channels,
            masks,
            require_step_up,
            cidrs,
            limits,
            reveals,
        }
    }
}

/// A role of an organisation's own, and since when it says what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRole {
    /// Its id.
    pub id: RoleId,
    /// What it says.
    pub role: Role,
    /// Since when it is there.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

/// What a member of this role may.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    /// Which role.
    pub reference: RoleRef,
    /// What people call it.
    pub name: String,
    /// What they may do.
    pub permissions: PermissionSet,
    /// Whose conversations they see.
    pub visibility: Visibility,
    /// In which channels; nothing is all of them.
    pub channels: Option<Vec<ChannelId>>,
    /// How much of a phone number they see.
    pub masks: MaskProfile,
    /// Whether they have to prove freshly that it is them before they change or reveal anything.
    pub require_step_up: bool,
    /// From where they may sign in and work.
    pub cidrs: Cidrs,
    /// How long they stay signed in.
    pub limits: SessionLimits,
    /// How many looks at clear data each of them has in a day, if fewer than the organisation lets anybody.
    pub reveals: Option<DailyReveals>,
}
