//! The dashboard's pages of people: who is a member, who is invited, and what is done about them.

mod deeds;
mod invite;
mod invited;
mod links;
mod list;
mod role;
mod row;
#[cfg(test)]
mod samples;
mod sees;
mod show;
mod words;

use sealpost_store::MemberId;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::api::Api;
use crate::permissions::MEMBERS_READ;

pub(crate) use words::called;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Organisation,
    place: 1,
    title: "People",
    path: "/people",
    icon: Icon::People,
    key: 'p',
    needs: Some(MEMBERS_READ),
    only: None,
    ids: &[(MemberId::PREFIX, "/people")],
};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    let first = [
        list::route(api),
        invite::ask(api),
        invite::route(api),
        invited::route(api),
        show::route(api),
        sees::route(api),
        role::ask(api),
        role::route(api),
    ];
    first.into_iter().chain(deeds::routes(api)).chain(links::routes(api)).collect()
}
