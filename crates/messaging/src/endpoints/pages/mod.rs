//! The dashboard's pages of endpoints.

mod change;
mod create;
mod list;
mod probe;
#[cfg(test)]
mod samples;
mod show;
mod words;

use sealpost_access::permissions::ENDPOINTS_READ;
use sealpost_store::{DeliveryId, EndpointId, Store};
use sealpost_web::Endpoint as Route;
use sealpost_web::shell::{Group, Icon, Nav};

use super::{Endpoints, encryption};

pub(super) use probe::shown as tried;
pub(crate) use words::badge;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Build,
    place: 3,
    title: "Endpoints",
    path: "/endpoints",
    icon: Icon::Link,
    key: 'w',
    needs: Some(ENDPOINTS_READ),
    only: None,
    ids: &[(EndpointId::PREFIX, "/endpoints"), (DeliveryId::PREFIX, "/deliveries")],
};

pub(super) fn routes(store: &Store, endpoints: &Endpoints) -> Vec<Route> {
    vec![
        list::list(store, endpoints),
        create::ask(),
        create::create(store, endpoints),
        show::show(store, endpoints),
        change::ask(store),
        change::update(store, endpoints),
        change::ask_pause(store),
        change::pause(store),
        change::ask_rotate(store),
        change::rotate(store),
        change::ask_remove(store),
        change::remove(store),
        probe::ask_verify(store),
        probe::verify(endpoints),
        probe::ask_test(store),
        probe::test(endpoints),
    ]
    .into_iter()
    .chain(super::proof::page_routes(store))
    .chain(super::preferred::page_routes(store))
    .chain(super::transport::page_routes(store, endpoints))
    .chain(super::portal::page_routes(store, endpoints))
    .chain(encryption::pages(store))
    .collect()
}
