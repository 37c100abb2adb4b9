//! `GET /app/{env}/outbox`

use askama::Template;
use sealpost_access::permissions::{MESSAGES_READ, OUTBOX_READ};
use sealpost_store::{Environment, MessageId};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Masked, Pager, State as Badge, When};
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use super::show::{Says, outline};
use super::words;
use crate::messages::Messages;
use crate::messages::api::before;

/// Letters on one page: each is read whole.
const ON_A_PAGE: u16 = 12;

/// What would have been sent.
#[derive(Template)]
#[template(path = "messages/pages/outbox.html")]
pub(super) struct OutboxPage {
    pub(super) letters: Vec<Letter>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One message as its recipient would have got it, with masks in place of what the caller may not see.
pub(super) struct Letter {
    pub(super) id: MessageId,
    pub(super) href: String,
    pub(super) event: String,
    pub(super) to: Masked,
    pub(super) state: Badge,
    pub(super) says: Says,
    pub(super) at: When,
}

pub(super) fn outbox(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    get("/app/{env}/outbox")
        .needs(OUTBOX_READ)
        .page()
        .class(Class::Read)
        .summary("What the test environment would have sent, newest first, as its recipients would have got it, masked")
        .queries::<PageQuery>()
        .to(move |call: Call<(), PageQuery>| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(messages.store().keys(), &"outbox", call.query.limit.or(Some(ON_A_PAGE)))?;
    let cursor = call.query.cursor.as_deref();
    let before = before(listing.position(cursor)?)?;
    let found = messages.sandbox_page(&call.ctx, before, listing.fetch()).await?;
    let page = listing.page(found, |row| row.id.bytes().to_vec(), |row| row);
    let events = page.data.iter().map(|message| message.event).collect();
    let events = messages.accepting.events.names(&call.ctx, events).await?;
    let mut letters = Vec::with_capacity(page.data.len());
    for message in &page.data {
        let view = messages.views().full(&call.ctx, message).await?;
        letters.push(Letter {
            id: view.id,
            href: call.at(&format!("/messages/{}", view.id)),
            event: events.get(&message.event).cloned().unwrap_or_else(|| message.event.to_string()),
            says: outline(&messages, &call.ctx, message, view.data.as_ref()).await,
            to: view.to.into(),
            state: words::badge(view.state),
            at: When::new(view.created_at, call.ctx.now()),
        });
    }
    let pager = Pager::new(&call.at("/outbox"), &call.query.kept(), cursor, page.next_cursor.as_deref());
    call.show("Outbox", &OutboxPage { letters, pager, empty: empty(&call) })
}

fn empty<Q>(call: &Call<(), Q>) -> Empty {
    if call.ctx.org.environment == Environment::Live {
        let says = "What is sent in the live environment reaches people, and stands among the messages.";
        return Empty::new(Icon::Outbox, "Only test has an outbox", says)
            .deed("Messages", call.caller.permissions.contains(MESSAGES_READ).then(|| call.at("/messages")));
    }
    nothing_yet()
}

fn nothing_yet() -> Empty {
    Empty::new(
        Icon::Outbox,
        "Nothing in the outbox",
        "In the test environment nothing reaches a real person. What would have been sent stays here, masked, to be looked at.",
    )
    .line("sealpost send --event otp.login --to +15550100124 --data code=417233")
}
