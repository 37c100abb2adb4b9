//! `GET`, `PUT` and `DELETE /v1/endpoints/{id}/encryption`

pub(super) mod body;
mod change;
mod show;
mod view;

use sealpost_store::Store;
use sealpost_web::Endpoint;

/// What encryption adds to the API.
pub(in crate::endpoints) fn routes(store: &Store) -> Vec<Endpoint> {
    vec![show::route(store), change::set(store), change::remove(store)]
}
