//! `GET /app/{env}/roles/{id}`

use askama::Template;
use sealpost_store::{Store, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::When;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found};

use super::words;
use crate::masking::DailyReveals;
use crate::permissions::{ALL, MEMBERS_READ, ROLES_MANAGE};
use crate::roles::api::Api;
use crate::roles::preview::PREVIEWS;
use crate::roles::{Role, RoleRef, service};

/// One role.
#[derive(Template)]
#[template(path = "roles/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    /// Where it is shown what its members see.
    pub(super) preview: String,
    pub(super) name: String,
    pub(super) is_ours: bool,
    /// Every permission there is, and whether the role has it.
    pub(super) permissions: Vec<(&'static str, &'static str, bool)>,
    pub(super) sees: &'static str,
    pub(super) visibility: &'static str,
    pub(super) channels: Option<usize>,
    pub(super) proves: bool,
    pub(super) networks: Vec<String>,
    pub(super) idle: String,
    pub(super) absolute: String,
    pub(super) reveals: Option<u32>,
    /// Where one looks at pages as its members do.
    pub(super) looks: Option<String>,
    pub(super) updated: Option<When>,
    pub(super) edit: Option<String>,
    pub(super) remove: Option<String>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/roles/{id}")
        .needs(MEMBERS_READ)
        .page()
        .class(Class::Read)
        .summary("What a role says")
        .to(move |call| show(api.clone(), call))
}

async fn show(api: Api, call: Call) -> Result<Reply, Failure> {
    let has = |permission| call.caller.permissions.contains(permission);
    let may = (has(ROLES_MANAGE), has(PREVIEWS));
    let (role, updated) = read(&api.house, &call, call.id("id")?).await?;
    let page = page(&role, updated, may, call.ctx.now(), |path| call.at(path));
    call.show(&role.name, &page)
}

/// A role, and when one of their own was changed.
pub(super) async fn read(house: &Store, call: &Call, role: RoleRef) -> Result<(Role, Option<Time>), Failure> {
    match role {
        RoleRef::Standard(standard) => Ok((standard.role(), None)),
        RoleRef::Custom(id) => {
            let stored = house.read(&call.ctx, move |tx| service::find_stored(tx, id)).await?.ok_or_else(not_found)?;
            Ok((stored.role, Some(stored.updated_at)))
        }
    }
}

/// The page of a role for somebody who may change roles, or look at pages as others do, or not; `at` leads somewhere after `/app/{env}`.
pub(super) fn page(
    role: &Role,
    updated: Option<Time>,
    (may, previews): (bool, bool),
    now: Time,
    at: impl Fn(&str) -> String,
) -> ShowPage {
    let is_ours = matches!(role.reference, RoleRef::Standard(_));
    let own = |act: &str| at(&format!("/roles/{}/{act}", role.reference));
    let has = |permission| role.permissions.contains(permission);
    ShowPage {
        list: at("/roles"),
        preview: own("sees"),
        name: role.name.clone(),
        is_ours,
        permissions: ALL.iter().map(|one| (one.title(), one.name(), has(*one))).collect(),
        sees: words::masks(role.masks),
        visibility: words::visibility(role.visibility),
        channels: role.channels.as_ref().map(Vec::len),
        proves: role.require_step_up,
        networks: role.cidrs.as_slice().iter().map(ToString::to_string).collect(),
        idle: words::span(role.limits.idle),
        absolute: words::span(role.limits.absolute),
        reveals: role.reveals.map(DailyReveals::count),
        looks: previews.then(|| format!("{}?as={}", at(""), role.reference)),
        updated: updated.map(|at| When::new(at, now)),
        edit: (may && !is_ours).then(|| own("edit")),
        remove: (may && !is_ours).then(|| own("remove")),
    }
}
