//! The routes of routes.

mod body;
mod create;
mod diff;
mod promote;
mod publish;
mod read;
mod simulate;
mod view;

use sealpost_web::Feature;

use super::{Routes, codes, pages};
use crate::channels::Channels;

/// What routes add to the API.
pub fn feature(routes: &Routes, channels: &Channels) -> Feature {
    Feature {
        name: "routes",
        about: "Ways over several channels: the next is tried where one fails. In numbered versions that never change, one of them in force.",
        routes: [
            create::create(routes),
            read::list(routes),
            read::show(routes),
            publish::publish(routes),
            promote::promote(routes),
            diff::diff(routes),
            simulate::simulate(routes),
        ]
        .into_iter()
        .chain(pages::routes(routes, channels))
        .collect(),
        codes: codes::ALL,
    }
}
