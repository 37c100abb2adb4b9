//! Support access as answers say it.

use schemars::JsonSchema;
use sealpost_access::permissions::PermissionNames;
use sealpost_store::{MemberId, SupportGrantId, Time};
use serde::Serialize;

use crate::audit::{EnvironmentWord, TypedId};
use crate::support::model::{Content, Ended, Grant, To};
use crate::support::summary::Summary;

/// Support access that was granted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupportGrant")]
pub(super) struct GrantView {
    id: SupportGrantId,
    /// The address of whoever is let in, if they are nobody here.
    email: Option<String>,
    /// The member who is let in.
    member_id: Option<MemberId>,
    /// Whether it is for whoever has a shell on the host.
    host: bool,
    /// Why.
    reason: Option<String>,
    /// Where it is talked about.
    ticket: Option<String>,
    /// The command that broke the glass.
    command: Option<String>,
    environment: EnvironmentWord,
    permissions: PermissionNames,
    /// The objects it reaches; all, if it is empty.
    objects: Vec<TypedId>,
    /// Whether nothing can be changed with it.
    read_only: bool,
    /// Whether the last four digits of phone numbers are seen.
    show_last4: bool,
    /// Whose vote was the last it took.
    granted_by: Option<MemberId>,
    created_at: Time,
    until: Time,
    /// When whoever was let in came.
    entered_at: Option<Time>,
    ended_at: Option<Time>,
    ended_by: Option<Ended>,
    /// What was looked at, done and refused, once it is over and counted.
    summary: Option<Summary>,
}

impl GrantView {
    pub(super) fn of(grant: &Grant, content: Content, now: Time) -> Self {
        let Content { email, reason, ticket, command } = content;
        let ended = grant.ended(now);
        Self {
            id: grant.id,
            email,
            member_id: if let To::Member(member) = grant.to { Some(member) } else { None },
            host: grant.to == To::Host,
            reason,
            ticket,
            command,
            environment: grant.environment.into(),
            permissions: PermissionNames(grant.permissions),
            objects: grant.objects.clone(),
            read_only: grant.is_read_only(),
            show_last4: grant.last4,
            granted_by: grant.granted_by,
            created_at: grant.created_at,
            until: grant.until,
            entered_at: grant.link.and_then(|(_, used)| used),
            ended_at: ended.map(|(at, _)| at),
            ended_by: ended.map(|(_, by)| by),
            summary: grant.summary.clone(),
        }
    }
}
