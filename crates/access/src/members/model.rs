//! What a member is.

use sealpost_seal::{Personal, Purpose, Sealed};
use sealpost_store::{MemberId, SlotId, TeamId, Time};

use crate::roles::RoleRef;

/// The most characters in a member's name.
const MAX_NAME: usize = 200;

/// What colleagues call a member: 1 to 200 characters on one line.
pub struct MemberName(Personal<String>);

/// The text is empty, too long, or has control characters. Never carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("text_unsuitable")]
pub struct Unsuitable;

impl MemberName {
    /// Checks and takes the text.
    pub fn parse(text: String) -> Result<Self, Unsuitable> {
        let text = Personal::new(text);
        let clear = text.expose(Purpose::Guard);
        let is_plain = !clear.trim().is_empty() && !clear.chars().any(char::is_control);
        if is_plain && clear.chars().count() <= MAX_NAME { Ok(Self(text)) } else { Err(Unsuitable) }
    }

    /// The name.
    pub fn text(&self) -> &Personal<String> {
        &self.0
    }
}

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemberState {
    /// Invited, and not there yet.
    Invited,
    /// May sign in.
    Active,
    /// May not, for now.
    Suspended,
    /// Is no member any more: an id that the ledger names, and nothing else.
    Removed,
}

impl MemberState {
    const ALL: [Self; 4] = [Self::Invited, Self::Active, Self::Suspended, Self::Removed];

    /// Its word, as it is stored and sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Removed => "removed",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// A member as they are stored. Nothing in it is in clear.
pub struct MemberRow {
    /// Their id.
    pub id: MemberId,
    /// Where their key is, if anything is known about them.
    pub slot: Option<SlotId>,
    /// Their e-mail address.
    pub email: Option<Sealed<String>>,
    /// Their name.
    pub name: Option<Sealed<String>>,
    /// Their role.
    pub role: RoleRef,
    /// Where they stand.
    pub state: MemberState,
    /// Since when they are a member, or invited.
    pub created_at: Time,
    /// When anything about them was changed last.
    pub updated_at: Time,
}

/// A member, opened.
pub struct Member {
    /// Their id.
    pub id: MemberId,
    /// Their e-mail address, as it was written. An owner whom the operator made has none.
    pub email: Option<Personal<String>>,
    /// Their name.
    pub name: Option<Personal<String>>,
    /// Their role.
    pub role: RoleRef,
    /// Where they stand.
    pub state: MemberState,
    /// Their teams.
    pub teams: Vec<TeamId>,
    /// Since when they are a member, or invited.
    pub created_at: Time,
    /// When anything about them was changed last.
    pub updated_at: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_with_something_on_it() {
        for bad in ["", " ", "a\nb", "a\0", "\u{85}"] {
            assert!(MemberName::parse(bad.into()).is_err(), "{bad:?}");
        }
        assert!(MemberName::parse("å".repeat(200)).is_ok() && MemberName::parse("å".repeat(201)).is_err());
    }
}
