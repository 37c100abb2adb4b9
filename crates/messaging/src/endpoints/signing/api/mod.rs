//! Routes of signing.

mod detect;
mod given;
mod import;
mod rotation;
mod show;
mod view;

use sealpost_store::Store;
use sealpost_web::Endpoint as Route;

use crate::endpoints::Endpoints;

pub(in crate::endpoints) use detect::looked_at;
pub(in crate::endpoints) use given::{Definition, GivenProfile, custom, profiles};
pub(in crate::endpoints) use rotation::named;
pub(in crate::endpoints) use view::{DetectedView, ShownView, SignatureView};

pub(in crate::endpoints) fn routes(store: &Store, endpoints: &Endpoints) -> Vec<Route> {
    vec![
        show::show(store),
        import::import(store),
        rotation::begin(store),
        rotation::attempt(endpoints),
        rotation::finish(store),
        rotation::cancel(store),
        detect::detect(),
    ]
}
