//! How one endpoint is called where that is not as all are: when again, how often, as a form, from which TLS on, with which headers, as
//! whom, and believing whom.
//!
//! An endpoint without any of this has no row. Whatever is secret (the key of a certificate, `Authorization`) is a stored secret named
//! here, never a value: [`secrets_of`] lists them, so that none goes while it is used.

mod api;
mod body;
mod form;
mod line;
mod load;
mod model;
mod pages;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod written;

pub(super) use api::routes as api_routes;
pub(super) use load::{Applied, load};
pub(super) use pages::{Panel, routes as page_routes};
pub(super) use rules::Rate;
pub(crate) use rules::Schedule;
pub(super) use service::{become_of, find, forget, may_lead, secrets_of};
pub(super) use written::{OLDER, Written};

/// What tests of other features need of it.
#[cfg(test)]
pub(super) mod testing {
    use sealpost_store::{EndpointId, StoreError, Tx};

    use super::model::Transport;
    use super::rules::{Rate, Schedule};

    /// From now on this endpoint takes so many calls a second, and one attempt of each.
    pub(in crate::endpoints) fn limit(tx: &mut Tx<'_>, endpoint: EndpointId, calls: u32) -> Result<(), StoreError> {
        super::store::put(tx, endpoint, &Transport { rate: Rate::new(calls).ok(), ..tried_once() })
    }

    /// From now on one attempt is made, and no other.
    pub(in crate::endpoints) fn once(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
        super::store::put(tx, endpoint, &tried_once())
    }

    fn tried_once() -> Transport {
        Transport { retries: Schedule::new(Vec::new()).ok(), ..Transport::default() }
    }
}
