//! The dashboard's pages of contacts.

mod edit;
mod find;
mod list;
mod matching;
mod reveal;
#[cfg(test)]
mod samples;
mod show;

use sealpost_access::permissions::CONTACTS_READ;
use sealpost_store::ContactId;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::Contacts;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Work,
    place: 3,
    title: "Contacts",
    path: "/contacts",
    icon: Icon::Person,
    key: 'c',
    needs: Some(CONTACTS_READ),
    only: None,
    ids: &[(ContactId::PREFIX, "/contacts")],
};

/// What looks for people, after `/app/{env}`.
pub const SEARCH: &str = "/contacts/find";

pub(super) fn routes(contacts: &Contacts) -> Vec<Endpoint> {
    vec![
        list::list(contacts),
        find::find(contacts),
        matching::matching(contacts),
        edit::ask_new(),
        edit::create(contacts),
        show::show(contacts),
        edit::ask(contacts),
        edit::update(contacts),
        reveal::ask(contacts),
        reveal::reveal(contacts),
    ]
}
