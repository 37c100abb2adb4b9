//! The dashboard's pages of duplicates.

mod dismiss;
mod list;
mod merge;
#[cfg(test)]
mod samples;
mod show;

use sealpost_web::Endpoint;

use super::Duplicates;
use crate::contacts::Because;

pub(super) fn routes(duplicates: &Duplicates) -> Vec<Endpoint> {
    vec![
        list::list(duplicates),
        show::show(duplicates),
        merge::ask(duplicates),
        merge::merge(duplicates),
        dismiss::ask(duplicates),
        dismiss::dismiss(duplicates),
    ]
}

/// Why two contacts may be one person, for people.
const fn says(because: Because) -> &'static str {
    match because {
        Because::Mailbox => "Their e-mail addresses are of one mailbox",
        Because::Line => "Their phone numbers are of one line",
        Because::NamedTogether => "A request named an address of each",
    }
}
