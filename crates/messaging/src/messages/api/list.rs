//! `GET /v1/messages`

use schemars::JsonSchema;
use sealpost_access::permissions::MESSAGES_READ;
use sealpost_store::{ContactId, MessageId};
use sealpost_web::{Call, Class, Endpoint, Failure, Page, Reply, get, not_found};
use serde::Deserialize;

use crate::messages::Messages;
use crate::messages::view::MessageView;

/// Which messages.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only those to this contact.
    contact_id: Option<ContactId>,
    /// How many, 1 to 250; 50 unless said otherwise.
    #[schemars(range(min = 1, max = 250))]
    limit: Option<u16>,
    /// Where to begin: `next_cursor` of the page before.
    cursor: Option<String>,
}

pub(super) fn list(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    get("/v1/messages")
        .needs(MESSAGES_READ)
        .class(Class::Read)
        .summary("List messages, newest first, masked")
        .queries::<Query>()
        .answers::<Page<MessageView>>(200)
        .to(move |call: Call<(), Query>| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call<(), Query>) -> Result<Reply, Failure> {
    let contact = call.query.contact_id;
    let listing = call.listing(messages.store().keys(), &contact, call.query.limit)?;
    let before = before(listing.position(call.query.cursor.as_deref())?)?;
    let rows = messages.page(&call.ctx, contact, before, listing.fetch()).await?;
    let page = listing.page(rows, |row| row.id.bytes().to_vec(), |row| row);
    let mut data = Vec::with_capacity(page.data.len());
    for message in &page.data {
        data.push(messages.views().brief(&call.ctx, message).await?);
    }
    Ok(Reply::ok(&Page { data, next_cursor: page.next_cursor, has_more: page.has_more })?)
}

/// Where a list of messages goes on.
pub(super) fn before(position: Option<Vec<u8>>) -> Result<MessageId, Failure> {
    match position {
        Some(bytes) => Ok(bytes.try_into().map(MessageId::from_bytes).map_err(|_| not_found())?),
        None => Ok(MessageId::from_bytes([0xff; 16])),
    }
}
