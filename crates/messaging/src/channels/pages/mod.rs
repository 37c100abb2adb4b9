//! The dashboard's pages of channels.

mod change;
mod create;
mod form;
mod list;
#[cfg(test)]
mod samples;
mod show;
mod words;

use sealpost_access::permissions::CHANNELS_READ;
use sealpost_store::ChannelId;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::Channels;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Build,
    place: 3,
    title: "Channels",
    path: "/channels",
    icon: Icon::Send,
    key: '1',
    needs: Some(CHANNELS_READ),
    only: None,
    ids: &[(ChannelId::PREFIX, "/channels")],
};

pub(super) fn routes(channels: &Channels) -> Vec<Endpoint> {
    vec![
        list::list(channels),
        create::ask(),
        create::create(channels),
        show::show(channels),
        change::ask(channels),
        change::change(channels),
    ]
}
