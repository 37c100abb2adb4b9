//! The dashboard's pages of teams.

mod change;
mod list;
mod remove;
#[cfg(test)]
mod samples;

use sealpost_web::Endpoint;

use super::api::Api;

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![
        list::route(api),
        change::ask_new(api),
        change::create(api),
        change::ask(api),
        change::update(api),
        remove::ask(api),
        remove::route(api),
    ]
}
