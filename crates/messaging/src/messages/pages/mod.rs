//! The dashboard's pages of messages.

mod cancel;
mod list;
mod outbox;
mod reveal;
#[cfg(test)]
pub(crate) mod samples;
mod show;
mod words;

use sealpost_access::permissions::{MESSAGES_READ, OUTBOX_READ};
use sealpost_store::{Environment, MessageId};
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::Messages;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Work,
    place: 1,
    title: "Messages",
    path: "/messages",
    icon: Icon::Message,
    key: 'm',
    needs: Some(MESSAGES_READ),
    only: None,
    ids: &[(MessageId::PREFIX, "/messages")],
};

/// Where it is seen what would have been sent.
pub const OUTBOX: Nav = Nav {
    group: Group::Work,
    place: 2,
    title: "Outbox",
    path: "/outbox",
    icon: Icon::Outbox,
    key: 'o',
    needs: Some(OUTBOX_READ),
    only: Some(Environment::Test),
    ids: &[],
};

pub(super) fn routes(messages: &Messages) -> Vec<Endpoint> {
    vec![
        list::list(messages),
        show::show(messages),
        cancel::ask(messages),
        cancel::cancel(messages),
        reveal::ask(messages),
        reveal::reveal(messages),
        outbox::outbox(messages),
    ]
}

pub(crate) use list::{Row, rows};
