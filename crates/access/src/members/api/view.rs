//! How a member looks on the wire.

use schemars::JsonSchema;
use sealpost_seal::{Personal, Purpose};
use sealpost_store::{MemberId, TeamId, Time};
use serde::Serialize;

use super::super::invite::Invited;
use crate::members::model::{Member, MemberState};

/// A member of the staff, or somebody who is invited, as their colleagues see them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Member")]
pub(super) struct MemberView {
    id: MemberId,
    /// Nobody has told, if absent.
    email: Option<String>,
    name: Option<String>,
    /// `owner`, `super_admin`, … or the id of a role of the organisation's own.
    role: String,
    state: State,
    teams: Vec<TeamId>,
    created_at: Time,
    updated_at: Time,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "MemberState")]
enum State {
    Invited,
    Active,
    Suspended,
    Removed,
}

impl MemberView {
    pub(super) fn of(member: &Member) -> Self {
        let shown = |value: &Option<Personal<String>>| value.as_ref().map(|one| one.expose(Purpose::Colleague).clone());
        Self {
            id: member.id,
            email: shown(&member.email),
            name: shown(&member.name),
            role: member.role.to_string(),
            state: match member.state {
                MemberState::Invited => State::Invited,
                MemberState::Active => State::Active,
                MemberState::Suspended => State::Suspended,
                MemberState::Removed => State::Removed,
            },
            teams: member.teams.clone(),
            created_at: member.created_at,
            updated_at: member.updated_at,
        }
    }
}

/// Somebody who was just invited.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Invitation")]
pub(super) struct InvitedView<'a> {
    /// The member to be.
    id: MemberId,
    /// Until when the link is good.
    expires_at: Time,
    /// What makes them a member: for them alone, once. Shown now and never again; `null` if this answers a repeated request.
    link: Option<&'a str>,
}

impl<'a> InvitedView<'a> {
    pub(super) fn shown(invited: &Invited, link: Option<&'a str>) -> Self {
        Self { id: invited.id, expires_at: invited.link.expires_at, link }
    }
}
