//! `GET /v1/outbox`

use sealpost_access::permissions::OUTBOX_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, PageQuery, Reply, get};

use super::list::before;
use crate::messages::Messages;
use crate::messages::view::MessageView;

pub(super) fn outbox(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    get("/v1/outbox")
        .needs(OUTBOX_READ)
        .class(Class::Read)
        .summary("List what the test environment would have sent, newest first, masked")
        .describe(
            "The sandbox outbox: in the test environment nothing reaches a real person. Empty in the live environment.",
        )
        .queries::<PageQuery>()
        .answers::<Page<MessageView>>(200)
        .to(move |call: Call<(), PageQuery>| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(messages.store().keys(), &"outbox", call.query.limit)?;
    let before = before(listing.position(call.query.cursor.as_deref())?)?;
    let rows = messages.sandbox_page(&call.ctx, before, listing.fetch()).await?;
    let page = listing.page(rows, |row| row.id.bytes().to_vec(), |row| row);
    let mut data = Vec::with_capacity(page.data.len());
    for message in &page.data {
        data.push(messages.views().full(&call.ctx, message).await?);
    }
    Ok(Reply::ok(&Page { data, next_cursor: page.next_cursor, has_more: page.has_more })?)
}
