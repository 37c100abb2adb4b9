//! Routes of messages.

mod batch;
mod cancel;
mod figures;
mod list;
mod outbox;
mod reveal;
mod send;
mod show;

use sealpost_web::Feature;

use super::Messages;
use super::{codes, pages};
pub(crate) use batch::{ItemResult, send_each_as};
pub(super) use list::before;
pub(crate) use send::{REFUSALS, send_as};

/// What messages add to the API.
pub fn feature(messages: &Messages) -> Feature {
    Feature {
        name: "messages",
        about: "The main job: a message is accepted, sealed, decided on and durable before the 202; then sent, reported and on record.",
        routes: vec![
            send::send(messages),
            batch::batch(messages),
            list::list(messages),
            show::show(messages),
            show::timeline(messages),
            cancel::cancel(messages),
            reveal::reveal(messages),
            outbox::outbox(messages),
            figures::figures(messages),
        ]
        .into_iter()
        .chain(pages::routes(messages))
        .collect(),
        codes: codes::ALL,
    }
}
