//! The dashboard's pages of encryption: how it stands, and turning.

mod rotate;
#[cfg(test)]
mod samples;
mod show;

use sealpost_store::Store;
use sealpost_web::Endpoint;

pub(super) fn routes(house: &Store) -> Vec<Endpoint> {
    vec![show::route(house), rotate::ask(house), rotate::route(house)]
}
