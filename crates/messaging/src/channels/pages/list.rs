//! `GET /app/{env}/channels`

use sealpost_access::permissions::{CHANNELS_MANAGE, CHANNELS_READ};
use sealpost_store::{ChannelId, Tx};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Pager, State as Badge, When};
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use super::words::{Standing, badge};
use crate::channels::kind::{ChannelKind, words};
use crate::channels::model::Channel;
use crate::channels::{Channels, policy, store};
use crate::cursor;

/// The list.
#[derive(askama::Template)]
#[template(path = "channels/pages/list.html")]
pub(super) struct ListPage {
    pub(super) new: Option<String>,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One channel in the list.
pub(super) struct Row {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) state: Badge,
    /// Whether it sends where nothing else is said.
    pub(super) is_default: bool,
    pub(super) kind: &'static str,
    pub(super) from: String,
    pub(super) relay: String,
    pub(super) protection: &'static str,
    pub(super) is_protected: bool,
    /// For which domain it signs.
    pub(super) signs_for: Option<String>,
    pub(super) used: Option<When>,
}

pub(super) fn list(channels: &Channels) -> Endpoint {
    let channels = channels.clone();
    get("/app/{env}/channels")
        .needs(CHANNELS_READ)
        .page()
        .class(Class::Read)
        .summary("Channels, newest first")
        .queries::<PageQuery>()
        .to(move |call: Call<(), PageQuery>| handle(channels.clone(), call))
}

async fn handle(channels: Channels, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(channels.store().keys(), &(), call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = cursor::behind(&listing, cursor, ChannelId::from_bytes)?;
    let (before, limit) = (before.unwrap_or(ChannelId::from_bytes([0xff; 16])), listing.fetch());
    let read = move |tx: &mut Tx<'_>| {
        let mut found = Vec::new();
        for channel in store::before(tx, before, limit)? {
            let is_held = policy::is_held(tx, &channel)?;
            found.push((channel, is_held));
        }
        Ok::<_, Failure>((found, store::first(tx, ChannelKind::Email)?))
    };
    let (found, first) = channels.store().read(&call.ctx, read).await?;
    let page = listing.page(
        found,
        |(channel, _)| channel.id.bytes().to_vec(),
        |(channel, is_held)| row(&call, channel, is_held, first),
    );
    let new = call.caller.permissions.contains(CHANNELS_MANAGE).then(|| call.at("/channels/new"));
    let content = ListPage {
        pager: Pager::new(&call.at("/channels"), &call.query.kept(), cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(new.clone()),
        new,
    };
    call.show("Channels", &content)
}

fn row<B, Q>(call: &Call<B, Q>, channel: Channel, is_held: bool, first: Option<ChannelId>) -> Row {
    let Channel { id, name, email, last_used_at, .. } = channel;
    Row {
        href: call.at(&format!("/channels/{id}")),
        name,
        state: badge(if is_held { Standing::Held } else { Standing::Ready }),
        is_default: first == Some(id),
        kind: words(ChannelKind::Email),
        from: email.from_address,
        relay: format!("{}:{}", email.host, email.port),
        protection: email.security.short(),
        is_protected: email.security.is_encrypted(),
        signs_for: email.dkim.map(|dkim| dkim.domain),
        used: last_used_at.map(|at| When::new(at, call.ctx.now())),
    }
}

pub(super) fn empty(new: Option<String>) -> Empty {
    Empty::new(
        Icon::Send,
        "No channel yet",
        "A channel is a configured sender: which relay takes the mail, who writes it, and what signs it. Events send through one, or along a route of several.",
    )
    .deed("Add a channel", new)
}
