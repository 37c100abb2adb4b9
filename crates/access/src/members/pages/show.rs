//! `GET /app/{env}/people/{id}`

use askama::Template;
use sealpost_store::{MemberId, Store, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Ident, Menu, State, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found};

use super::words::{self, Roles};
use crate::members::api::Api;
use crate::members::model::{Member, MemberState};
use crate::permissions::{APPROVALS_READ, LEDGER_READ, MEMBERS_MANAGE, MEMBERS_READ, SESSIONS_MANAGE};
use crate::teams;

/// One member.
#[derive(Template)]
#[template(path = "members/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    pub(super) called: String,
    pub(super) state: State,
    pub(super) id: Ident,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) role: (String, String),
    pub(super) teams: Vec<(String, Option<String>)>,
    pub(super) created: When,
    pub(super) updated: When,
    pub(super) change_role: Option<String>,
    pub(super) menu: Option<Menu>,
    /// Where it is shown what they see.
    pub(super) preview: String,
    pub(super) did: Option<String>,
    pub(super) sessions: Option<String>,
    /// Where each of what waits for others is.
    pub(super) waits: Vec<String>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/people/{id}")
        .needs(MEMBERS_READ)
        .page()
        .class(Class::Read)
        .summary("A member, as their colleagues see them")
        .to(move |call| show(api.clone(), call))
}

async fn show(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: MemberId = call.id("id")?;
    let member = api.members.find(&call.ctx, id).await?.ok_or_else(not_found)?;
    let house = api.members.house();
    let roles = Roles::all(house, &call.ctx).await?;
    let names = team_names(house, &call, &member).await?;
    let may = |permission| call.caller.permissions.contains(permission);
    let gate = api.gate;
    let waiting = house.read(&call.ctx, move |tx| (gate.waiting)(tx, Some(id.bytes()))).await?;
    let waits = if may(APPROVALS_READ) { waiting } else { Vec::new() };
    let is_oneself = call.ctx.actor.id == id.bytes();
    let page = ShowPage {
        did: may(LEDGER_READ).then(|| call.at(&format!("/audit?actor={id}"))),
        waits: waits.into_iter().map(|approval| call.at(&format!("/approvals/{approval}"))).collect(),
        sessions: may(SESSIONS_MANAGE).then(|| call.at(&format!("/sessions?member_id={id}"))),
        ..page(&member, &roles, names, may(MEMBERS_MANAGE) && !is_oneself, call.ctx.now(), |path| call.at(path))
    };
    call.show(&page.called, &page)
}

/// Their teams, by name, and where each is changed by whoever may.
pub(super) async fn team_names(
    house: &Store,
    call: &Call,
    member: &Member,
) -> Result<Vec<(String, Option<String>)>, Failure> {
    let ids = member.teams.clone();
    let found = house.read(&call.ctx, move |tx| ids.into_iter().map(|id| teams::find(tx, id)).collect()).await;
    let found: Vec<_> = found?;
    let may = call.caller.permissions.contains(MEMBERS_MANAGE);
    let href = |id| may.then(|| call.at(&format!("/teams/{id}/edit")));
    Ok(found.into_iter().flatten().map(|team| (team.name, href(team.id))).collect())
}

/// The page of a member for somebody who may change something about them or not; `at` leads somewhere after `/app/{env}`.
pub(super) fn page(
    member: &Member,
    roles: &Roles,
    teams: Vec<(String, Option<String>)>,
    may: bool,
    now: Time,
    at: impl Fn(&str) -> String,
) -> ShowPage {
    let own = |act: &str| at(&format!("/people/{}/{act}", member.id));
    let menu = Menu::new("member", words::called(member));
    let menu = match member.state {
        MemberState::Invited => {
            menu.link(Icon::Link, "New link…", own("renew")).danger(Icon::Trash, "Withdraw…", own("withdraw"))
        }
        MemberState::Active => menu
            .link(Icon::Link, "Sign-in link…", own("sign-in-link"))
            .link(Icon::Pause, "Suspend…", own("suspend"))
            .danger(Icon::Trash, "Remove…", own("remove")),
        MemberState::Suspended => {
            menu.link(Icon::SignIn, "Let in again…", own("resume")).danger(Icon::Trash, "Remove…", own("remove"))
        }
        MemberState::Removed => menu,
    };
    ShowPage {
        list: at("/people"),
        called: words::called(member),
        state: words::badge(member.state),
        id: Ident::new(member.id),
        name: words::known(member.name.as_ref()),
        email: words::known(member.email.as_ref()),
        role: (roles.name(member.role), at(&format!("/roles/{}", member.role))),
        teams,
        created: When::new(member.created_at, now),
        updated: When::new(member.updated_at, now),
        change_role: may.then(|| own("role")),
        menu: may.then_some(menu),
        preview: own("sees"),
        did: None,
        sessions: None,
        waits: Vec::new(),
    }
}
