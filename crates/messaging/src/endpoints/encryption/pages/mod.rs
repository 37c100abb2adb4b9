//! How encryption is shown on an endpoint's page, and asked for.

mod change;
mod panel;
mod remove;
#[cfg(test)]
pub(in crate::endpoints) mod samples;
mod words;

use sealpost_store::Store;
use sealpost_web::Endpoint;

pub(in crate::endpoints) use panel::Panel;

pub(in crate::endpoints) fn routes(store: &Store) -> Vec<Endpoint> {
    vec![change::ask(store), change::route(store), remove::ask(store), remove::route(store)]
}
