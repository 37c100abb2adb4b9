//! The routes of channels.

mod body;
mod create;
mod read;
mod update;
mod view;

use sealpost_web::Feature;

use super::{Channels, codes, pages};

/// What channels add to the API.
pub fn feature(channels: &Channels) -> Feature {
    Feature {
        name: "channels",
        about: "Configured senders. Credentials go in and are never shown again.",
        routes: [create::create(channels), read::list(channels), read::show(channels), update::update(channels)]
            .into_iter()
            .chain(pages::routes(channels))
            .collect(),
        codes: codes::ALL,
    }
}
