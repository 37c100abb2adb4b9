//! The dashboard's pages of signing.

mod custom;
mod detect;
mod detected;
mod import;
mod rotation;
#[cfg(test)]
mod samples;
mod show;
mod steps;

use sealpost_store::Store;
use sealpost_web::Endpoint as Route;
use sealpost_web::shell::ShownOnce;

use super::model::Shown;
use crate::endpoints::Endpoints;

pub(in crate::endpoints) fn routes(store: &Store, endpoints: &Endpoints) -> Vec<Route> {
    vec![
        show::show(store),
        import::ask(store),
        import::import(store),
        custom::ask(store),
        custom::describe(store),
        rotation::ask(store),
        rotation::begin(store),
        steps::ask_try(store),
        steps::attempt(endpoints),
        steps::ask_finish(store),
        steps::finish(store),
        steps::ask_cancel(store),
        steps::cancel(store),
        detect::ask(),
        detect::detect(),
    ]
}

/// A page that shows secrets once, with those that were made for single profiles.
pub(in crate::endpoints) fn with_secrets(page: ShownOnce, secrets: &[Shown]) -> ShownOnce {
    secrets.iter().fold(page, |page, shown| page.secret(shown.profile, shown.secret.expose()))
}
