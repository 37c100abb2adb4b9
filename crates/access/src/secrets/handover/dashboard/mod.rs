//! The dashboard's pages of hand-overs.

mod give;
mod list;
mod revoke;
#[cfg(test)]
mod samples;

use sealpost_web::Endpoint;

use crate::secrets::api::Api;

pub(in crate::secrets) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![give::ask(api), give::route(api), list::route(api), revoke::ask(api), revoke::route(api)]
}
