//! The dashboard's page of exports: it is part of a contact's.

mod ask;

use sealpost_web::Endpoint;

use super::Exports;

pub(super) fn routes(exports: &Exports) -> Vec<Endpoint> {
    vec![ask::ask(exports), ask::export(exports)]
}
