//! The dashboard's pages of sessions: where members are signed in.

mod list;
mod revoke;
#[cfg(test)]
mod samples;
mod words;

use sealpost_web::Endpoint;

use super::api::Api;

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![list::route(api), revoke::ask(api), revoke::route(api)]
}

pub(crate) use list::Row;
