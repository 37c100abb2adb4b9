//! What a member is.

use sealpost_store::{MemberId, Time};

use crate::roles::RoleRef;

/// Whether a member may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberState {
    /// They may.
    Active,
    /// They may not, for now.
    Suspended,
}

impl MemberState {
    /// Its word, as it is stored and sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        [Self::Active, Self::Suspended].into_iter().find(|one| one.word() == word)
    }
}

/// A member.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Their id.
    pub id: MemberId,
    /// Their role.
    pub role: RoleRef,
    /// Whether they may sign in.
    pub state: MemberState,
    /// Since when they are a member.
    pub created_at: Time,
    /// When anything about them was changed last.
    pub updated_at: Time,
}
