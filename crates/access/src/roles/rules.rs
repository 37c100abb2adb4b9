//! Decisions about roles, as plain functions.

use sealpost_web::{PermissionSet, Refusal};

use super::codes;
use super::model::{Role, RoleRef};
use crate::masking::DailyReveals;
use crate::members::{Acting, MemberRefused};

/// What a role has over another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// These permissions.
    Permissions(PermissionSet),
    /// It sees more, by this field: `visibility`, `channels`, `masks`.
    Sight(&'static str),
}

impl Role {
    /// What it has over `other`, if anything.
    pub fn exceeds(&self, other: &Role) -> Option<Excess> {
        let more = self.permissions.without(other.permissions);
        if !more.is_empty() {
            return Some(Excess::Permissions(more));
        }
        let channels = match (&self.channels, &other.channels) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(own), Some(others)) => own.iter().any(|channel| !others.contains(channel)),
        };
        [
            (self.visibility > other.visibility, "visibility"),
            (channels, "channels"),
            (self.masks > other.masks, "masks"),
            (more_looks(self.reveals, other.reveals), "reveals_per_day"),
        ]
        .into_iter()
        .find_map(|(exceeds, field)| exceeds.then_some(Excess::Sight(field)))
    }
}

/// Whether a role would let its members do or see more, prove themselves less, or work from more places or for longer than before. One
/// that wasn't there says nothing.
pub(crate) fn widens(before: Option<&Role>, after: &Role) -> bool {
    let Some(before) = before else { return true };
    let (from, to) = (before.cidrs.as_slice(), after.cidrs.as_slice());
    let wider = !from.is_empty() && (to.is_empty() || to.iter().any(|cidr| !from.contains(cidr)));
    after.exceeds(before).is_some()
        || (before.require_step_up && !after.require_step_up)
        || wider
        || after.limits.idle > before.limits.idle
        || after.limits.absolute > before.limits.absolute
}

/// Whether one may look more often than the other; as often as anybody, if nothing is said.
fn more_looks(one: Option<DailyReveals>, other: Option<DailyReveals>) -> bool {
    other.is_some_and(|most| one.is_none_or(|wanted| wanted > most))
}

/// Why something can't be done with a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleRefused {
    /// It is the role of whoever asks.
    #[error("nobody changes their own role")]
    Own,
    /// It says, or would say, more than whoever asks may.
    #[error("nobody gives what they lack")]
    Exceeds(Excess),
    /// Another role has this name.
    #[error("another role has this name")]
    NameTaken,
    /// Members have it.
    #[error("members have this role")]
    InUse,
    /// There are as many as there may be.
    #[error("there are as many roles as there may be")]
    Full,
}

/// Whether somebody may make a role that says this.
pub(super) fn may_make(acting: &Acting, role: &Role) -> Result<(), RoleRefused> {
    role.exceeds(&acting.role).map_or(Ok(()), |excess| Err(RoleRefused::Exceeds(excess)))
}

/// Whether somebody may change what a role says, or take it away. Not their own: they would change what they may themselves.
pub(super) fn may_change(acting: &Acting, role: &Role) -> Result<(), RoleRefused> {
    let own = acting.member.is_some() && acting.role.reference == role.reference;
    debug_assert!(matches!(role.reference, RoleRef::Custom(_)), "roles of ours don't change");
    if own { Err(RoleRefused::Own) } else { may_make(acting, role) }
}

impl From<RoleRefused> for Refusal {
    fn from(refused: RoleRefused) -> Self {
        match refused {
            RoleRefused::Own => Self::of(&codes::OWN_ROLE),
            RoleRefused::Exceeds(excess) => MemberRefused::Exceeds(excess).into(),
            RoleRefused::NameTaken => Self::of(&codes::ROLE_NAME_TAKEN).at("/name", "name_taken"),
            RoleRefused::InUse => Self::of(&codes::ROLE_IN_USE),
            RoleRefused::Full => Self::of(&codes::ROLES_FULL),
        }
    }
}
