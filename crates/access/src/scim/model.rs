//! What directories present, and what is kept of what they say.

use sealpost_seal::Sealed;
use sealpost_store::{MemberId, ScimTokenId, Time};

use crate::organisations::is_name;
use crate::roles::RoleRef;

/// Good tokens an organisation has at most.
pub(super) const MOST_TOKENS: i64 = 50;
const MAX_NAME: usize = 100;

/// What people call a token: 1 to 100 characters, no control characters, no space at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenName(String);

impl TokenName {
    /// The name, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        is_name(text, MAX_NAME).then(|| Self(text.to_owned()))
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token of a directory, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimToken {
    /// Its id.
    pub id: ScimTokenId,
    /// What people call it.
    pub name: String,
    /// The last four characters of its text.
    pub last4: String,
    /// The role that whoever made it had: through it nobody may more.
    pub role: RoleRef,
    /// Since when.
    pub created_at: Time,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

/// What is kept of a user beside what is kept of a member.
pub(super) struct UserRow {
    pub(super) member: MemberId,
    /// The keyed hash of what the directory calls them.
    pub(super) user_name: [u8; 32],
    /// The same of their id in the directory.
    pub(super) external: Option<[u8; 32]>,
    /// All that the directory says about them.
    pub(super) profile: Sealed<String>,
    pub(super) updated_at: Time,
}

/// What is kept of a group beside what is kept of a team.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct GroupRow {
    pub(super) external: Option<String>,
}
