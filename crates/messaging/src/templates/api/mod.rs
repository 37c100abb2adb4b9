//! The routes of templates.

mod create;
mod diff;
mod go_live;
mod preview;
mod promote;
mod publish;
mod read;
mod try_out;
mod view;

use sealpost_web::Feature;

use super::{Templates, codes, pages};
use crate::contacts::Contacts;

/// What templates add to the API.
pub fn feature(templates: &Templates, contacts: &Contacts) -> Feature {
    Feature {
        name: "templates",
        about: "What is said, in numbered versions that never change. The language selects and formats what it is given: \
                `{{ value }}`, `{{ contact.name }}`, `{% if %}`, `{% for %}`, a few filters, and nothing that computes.",
        routes: vec![
            create::create(templates),
            read::list(templates),
            read::show(templates),
            read::version(templates),
            publish::publish(templates),
            promote::promote(templates),
            diff::diff(templates),
            go_live::go_live(templates),
            preview::preview(templates, contacts),
            try_out::try_out(),
        ]
        .into_iter()
        .chain(pages::routes(templates))
        .collect(),
        codes: codes::ALL,
    }
}
