//! The dashboard's pages of events.

mod edit;
mod list;
#[cfg(test)]
mod samples;
mod show;
mod versions;

use sealpost_access::permissions::EVENTS_READ;
use sealpost_store::EventId;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::Events;
use crate::templates::Templates;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Build,
    place: 1,
    title: "Events",
    path: "/events",
    icon: Icon::Bolt,
    key: 'e',
    needs: Some(EVENTS_READ),
    only: None,
    ids: &[(EventId::PREFIX, "/events")],
};

pub(super) fn routes(events: &Events, templates: &Templates) -> Vec<Endpoint> {
    vec![
        list::list(events),
        edit::ask_new(events, templates),
        edit::create(events, templates),
        show::show(events, templates),
        edit::ask(events, templates),
        edit::publish(events, templates),
    ]
    .into_iter()
    .chain(versions::routes(events))
    .collect()
}
