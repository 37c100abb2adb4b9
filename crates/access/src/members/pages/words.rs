//! How members are said and drawn.

use sealpost_seal::{Personal, Purpose};
use sealpost_store::{Ctx, Store, StoreError};
use sealpost_web::shell::parts::{Choice, Shape, State, Tone};

use crate::members::model::{Member, MemberState};
use crate::roles::{self, Role, RoleRef, Standard};

/// A member's state as people read it.
pub(super) const fn badge(state: MemberState) -> State {
    match state {
        MemberState::Invited => State::new("Invited", Shape::Waiting, Tone::Idle),
        MemberState::Active => State::new("Active", Shape::Done, Tone::Ok),
        MemberState::Suspended => State::new("Suspended", Shape::Ended, Tone::Warn),
        MemberState::Removed => State::new("Removed", Shape::Ended, Tone::Idle),
    }
}

/// What colleagues see of it: one can't manage people one doesn't know.
pub(super) fn known(value: Option<&Personal<String>>) -> Option<String> {
    value.map(|value| value.expose(Purpose::Colleague).clone())
}

/// What somebody is called: by their name, else their address.
pub(crate) fn called(member: &Member) -> String {
    known(member.name.as_ref().or(member.email.as_ref())).unwrap_or_else(|| "Somebody without a name".to_owned())
}

/// Roles there are.
pub(super) struct Roles(Vec<Role>);

impl Roles {
    /// Ours and theirs.
    pub(super) async fn all(house: &Store, ctx: &Ctx) -> Result<Self, StoreError> {
        let theirs = house.read(ctx, |tx| roles::list(tx, None, u32::MAX >> 1)).await?;
        let ours = Standard::ALL.map(Standard::role);
        Ok(Self(ours.into_iter().chain(theirs.into_iter().map(|stored| stored.role)).collect()))
    }

    #[cfg(test)]
    pub(super) fn ours() -> Self {
        Self(Standard::ALL.map(Standard::role).into())
    }

    /// What a role is called.
    pub(super) fn name(&self, wanted: RoleRef) -> String {
        let found = self.0.iter().find(|role| role.reference == wanted);
        found.map_or_else(|| wanted.to_string(), |role| role.name.clone())
    }

    /// Those to choose from. That nobody gives what they lack is said when they try.
    pub(super) fn choices(&self) -> Vec<Choice> {
        self.0.iter().map(|role| Choice::new(role.reference, role.name.clone())).collect()
    }
}
