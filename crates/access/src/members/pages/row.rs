//! A row of a list of people.

use sealpost_store::{MemberId, Time};
use sealpost_web::shell::parts::{State, When};

use super::words::{self, Roles};
use crate::members::model::Member;

/// One member in the list.
pub(super) struct Row {
    pub(super) id: MemberId,
    pub(super) href: String,
    pub(super) called: String,
    pub(super) email: Option<String>,
    pub(super) role: String,
    pub(super) state: State,
    pub(super) since: When,
    pub(super) is_oneself: bool,
}

impl Row {
    pub(super) fn of(member: &Member, href: String, roles: &Roles, oneself: MemberId, now: Time) -> Self {
        let email = words::known(member.email.as_ref());
        let called = words::called(member);
        Self {
            id: member.id,
            href,
            email: email.filter(|email| *email != called),
            called,
            role: roles.name(member.role),
            state: words::badge(member.state),
            since: When::new(member.created_at, now),
            is_oneself: member.id == oneself,
        }
    }
}
