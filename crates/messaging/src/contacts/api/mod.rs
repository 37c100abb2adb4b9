//! The routes of contacts.

mod body;
mod create;
mod matching;
mod read;
mod reveal;
mod search;
mod update;
mod view;

pub(crate) use body::{Given, Says};
use sealpost_web::Feature;

use super::{Contacts, codes, pages};
pub(crate) use view::ContactView;

/// What contacts add to the API.
pub fn feature(contacts: &Contacts) -> Feature {
    Feature {
        name: "contacts",
        about: "The people you write to. Everything about a person is sealed under a key of their own and found without \
                being opened; answers are masked.",
        routes: vec![
            create::create(contacts),
            read::list(contacts),
            search::search(contacts),
            matching::matching(contacts),
            read::show(contacts),
            update::update(contacts),
            reveal::reveal(contacts),
        ]
        .into_iter()
        .chain(pages::routes(contacts))
        .collect(),
        codes: codes::ALL,
    }
}
