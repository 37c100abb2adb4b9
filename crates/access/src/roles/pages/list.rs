//! `GET /app/{env}/roles`

use askama::Template;
use sealpost_store::RoleId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::Pager;
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use super::words;
use crate::permissions::{ALL, MEMBERS_READ, ROLES_MANAGE};
use crate::roles::api::Api;
use crate::roles::{Role, RoleRef, Standard, service};

/// The list.
#[derive(Template)]
#[template(path = "roles/pages/list.html")]
pub(super) struct ListPage {
    pub(super) new: Option<String>,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
}

/// One role in the list.
pub(super) struct Row {
    href: String,
    name: String,
    is_ours: bool,
    permissions: usize,
    sees: &'static str,
    proves: bool,
    lasts: String,
}

impl Row {
    pub(super) fn of(role: &Role, href: String) -> Self {
        Self {
            href,
            name: role.name.clone(),
            is_ours: matches!(role.reference, RoleRef::Standard(_)),
            permissions: role.permissions.iter(ALL).count(),
            sees: words::masks(role.masks),
            proves: role.require_step_up,
            lasts: words::span(role.limits.idle),
        }
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/roles")
        .needs(MEMBERS_READ)
        .page()
        .class(Class::Read)
        .summary("Roles: the organisation's own, and ours")
        .queries::<PageQuery>()
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(api.house.keys(), &(), call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let position = listing.position(cursor)?;
    let before = position.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).map(RoleId::from_bytes);
    let fetch = listing.fetch();
    let found = api.house.read(&call.ctx, move |tx| service::list(tx, before, fetch)).await?;
    let row = |role: &Role| Row::of(role, call.at(&format!("/roles/{}", role.reference)));
    let mut page = listing.page(found, |role| role.id.bytes().to_vec(), |stored| row(&stored.role));
    if !page.has_more {
        page.data.extend(Standard::ALL.map(|standard| row(&standard.role())));
    }
    let content = ListPage {
        new: call.caller.permissions.contains(ROLES_MANAGE).then(|| call.at("/roles/new")),
        pager: Pager::new(&call.at("/roles"), &call.query.kept(), cursor, page.next_cursor.as_deref()),
        rows: page.data,
    };
    call.show("Roles", &content)
}
