//! The dashboard's pages of routes.

mod edit;
mod list;
mod promote;
#[cfg(test)]
mod samples;
mod show;
pub(super) mod words;

use sealpost_access::permissions::ROUTES_READ;
use sealpost_store::{Ctx, RouteId, Store, StoreError};
use sealpost_web::Endpoint;
use sealpost_web::shell::parts::Choice;
use sealpost_web::shell::{Group, Icon, Nav};

use super::{Routes, store};
use crate::channels::Channels;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Build,
    place: 2,
    title: "Routes",
    path: "/routes",
    icon: Icon::Route,
    key: 'u',
    needs: Some(ROUTES_READ),
    only: None,
    ids: &[(RouteId::PREFIX, "/routes")],
};

/// Routes to choose from.
const CHOICES: u32 = 250;

pub(super) fn routes(routes: &Routes, channels: &Channels) -> Vec<Endpoint> {
    vec![
        list::list(routes),
        edit::ask_new(channels),
        edit::create(routes, channels),
        show::show(routes, channels),
        edit::ask(routes, channels),
        edit::publish(routes, channels),
        promote::ask(routes),
        promote::promote(routes),
    ]
}

/// Routes to choose from, newest first.
pub(crate) async fn choices(house: &Store, ctx: &Ctx) -> Result<Vec<Choice>, StoreError> {
    let newest = RouteId::from_bytes([0xff; 16]);
    let all = house.read(ctx, move |tx| store::before(tx, newest, CHOICES)).await?;
    Ok(all.into_iter().map(|route| Choice::new(route.id, format!("Route {}", route.name))).collect())
}
