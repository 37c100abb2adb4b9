//! Who may do what to whom, as plain functions.
//!
//! Three rules hold for everybody: an organisation keeps an owner; nobody gives what they lack, or takes it from somebody who has
//! more; nobody changes what they may themselves.

use sealpost_store::MemberId;
use sealpost_web::{PermissionSet, Refusal};

use super::codes;
use super::model::MemberState;
use crate::permissions::ALL;
use crate::roles::{self, Excess, Role, RoleRef, Standard};

/// Who changes something about members.
#[derive(Clone, Debug)]
pub struct Acting {
    /// Which member; the operator on the host is none.
    pub member: Option<MemberId>,
    /// What they may.
    pub role: Role,
}

impl Acting {
    fn is_owner(&self) -> bool {
        is_owner(&self.role)
    }
}

pub(super) fn is_owner(role: &Role) -> bool {
    role.reference == RoleRef::Standard(Standard::Owner)
}

/// Why something can't be done to a member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemberRefused {
    /// The organisation would have no owner.
    #[error("an organisation keeps an owner")]
    LastOwner,
    /// Only owners make and unmake owners.
    #[error("only an owner decides about owners")]
    OwnersOnly,
    /// It is about whoever does it.
    #[error("nobody changes what they may themselves")]
    Oneself,
    /// More than whoever gives it has.
    #[error("nobody gives what they lack")]
    Exceeds(Excess),
    /// The other may more than whoever changes them.
    #[error("nobody changes somebody who may more")]
    Outranked,
    /// There is no such role.
    #[error("there is no such role")]
    RoleUnknown,
    /// There is no such team.
    #[error("there is no such team")]
    TeamUnknown,
    /// Another member has this address.
    #[error("another member has this address")]
    Exists(MemberId),
    /// Not where the member stands now.
    #[error("not possible for a member who is {}", .0.word())]
    WrongState(MemberState),
}

/// Whether somebody may give this role to somebody.
pub(crate) fn may_give(acting: &Acting, role: &Role) -> Result<(), MemberRefused> {
    if is_owner(role) && !acting.is_owner() {
        return Err(MemberRefused::OwnersOnly);
    }
    role.exceeds(&acting.role).map_or(Ok(()), |excess| Err(MemberRefused::Exceeds(excess)))
}

/// Whether somebody may change anything about what a member with this role may.
pub(super) fn may_touch(acting: &Acting, target: MemberId, role: &Role) -> Result<(), MemberRefused> {
    if acting.member == Some(target) {
        return Err(MemberRefused::Oneself);
    }
    if is_owner(role) && !acting.is_owner() {
        return Err(MemberRefused::OwnersOnly);
    }
    if role.exceeds(&acting.role).is_some() { Err(MemberRefused::Outranked) } else { Ok(()) }
}

/// Whether a member may go from one role to another. `owners` are the active owners there are.
pub(super) fn may_change_role(
    acting: &Acting,
    target: MemberId,
    (from, to): (&Role, &Role),
    owners: &[MemberId],
) -> Result<(), MemberRefused> {
    may_touch(acting, target, from)?;
    may_give(acting, to)?;
    if is_owner(to) { Ok(()) } else { leaves_an_owner(target, owners) }
}

/// Whether a member may more with this role than with theirs: by what it says, or as an owner, who alone decides about owners.
pub(super) fn may_more(from: &Role, to: &Role) -> bool {
    roles::widens(Some(from), to) || (is_owner(to) && !is_owner(from))
}

/// Whether a member may be suspended or removed.
pub(super) fn may_stop(
    acting: &Acting,
    target: MemberId,
    role: &Role,
    owners: &[MemberId],
) -> Result<(), MemberRefused> {
    may_touch(acting, target, role)?;
    leaves_an_owner(target, owners)
}

fn leaves_an_owner(target: MemberId, owners: &[MemberId]) -> Result<(), MemberRefused> {
    if owners == [target] { Err(MemberRefused::LastOwner) } else { Ok(()) }
}

impl From<MemberRefused> for Refusal {
    fn from(refused: MemberRefused) -> Self {
        let names = |set: PermissionSet| set.iter(ALL).map(|permission| permission.name()).collect::<Vec<_>>();
        match refused {
            MemberRefused::LastOwner => Self::of(&codes::LAST_OWNER),
            MemberRefused::OwnersOnly => Self::of(&codes::OWNERS_ONLY),
            MemberRefused::Oneself => Self::of(&codes::ONESELF),
            MemberRefused::Exceeds(Excess::Permissions(set)) => {
                Self::of(&codes::ROLE_EXCEEDS).member("permissions", names(set))
            }
            MemberRefused::Exceeds(Excess::Sight(field)) => Self::of(&codes::ROLE_EXCEEDS).member("field", field),
            MemberRefused::Outranked => Self::of(&codes::OUTRANKED),
            MemberRefused::RoleUnknown => Self::of(&codes::ROLE_UNKNOWN).at("/role", "role_unknown"),
            MemberRefused::TeamUnknown => Self::of(&codes::TEAM_UNKNOWN).at("/teams", "team_unknown"),
            MemberRefused::Exists(member) => Self::of(&codes::MEMBER_EXISTS).member("member_id", member.to_string()),
            MemberRefused::WrongState(state) => Self::of(&codes::MEMBER_STATE).member("state", state.word()),
        }
    }
}
