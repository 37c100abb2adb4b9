//! What a team is.

use sealpost_store::{MemberId, TeamId, Time};

use crate::organisations::is_name;

/// Teams an organisation has at most.
pub(super) const MOST: i64 = 200;
/// Members a team has at most.
pub(super) const MOST_MEMBERS: usize = 500;
const MAX_NAME: usize = 60;

/// What people call a team: 1 to 60 characters, no control characters, no space at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamName(String);

impl TeamName {
    /// The name, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        is_name(text, MAX_NAME).then(|| Self(text.to_owned()))
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// What people call it.
    pub name: String,
    /// Who is in it.
    pub members: Vec<MemberId>,
    /// Since when.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}
