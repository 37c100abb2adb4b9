//! The dashboard's pages of deliveries: every attempt, what was sent to the byte, and sending it once more.

mod latency;
mod list;
mod resend;
#[cfg(test)]
pub(crate) mod samples;
mod show;
mod words;

use sealpost_store::Store;
use sealpost_web::Endpoint as Route;

pub(crate) use latency::Latency;
pub(crate) use words::{Row, row, spark};

pub(super) fn routes(store: &Store) -> Vec<Route> {
    vec![
        list::list(store),
        show::show(store),
        resend::ask(store),
        resend::resend(store),
        resend::ask_since(store),
        resend::resend_since(store),
        resend::ask_many(),
        resend::resend_many(store),
    ]
}
