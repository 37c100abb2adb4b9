//! `GET /v1/messages`

use schemars::JsonSchema;
use sealpost_access::permissions::MESSAGES_READ;
use sealpost_store::{ContactId, MessageId};
use sealpost_web::problem::{Place, QUERY_INVALID, Wrong};
use sealpost_web::{Call, Class, Endpoint, Failure, Page, Refusal, Reply, get, not_found};
use serde::Deserialize;

use crate::messages::Messages;
use crate::messages::model::{Standing, Which};
use crate::messages::view::MessageView;

/// Which messages.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only those to this contact.
    contact_id: Option<ContactId>,
    /// Only those that stand so; not together with `contact_id`.
    standing: Option<Standing>,
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
    let which = match (call.query.contact_id, call.query.standing) {
        (None, None) => Which::All,
        (Some(contact), None) => Which::To(contact),
        (None, Some(standing)) => Which::Standing(standing),
        (Some(_), Some(_)) => return Err(both().into()),
    };
    let listing = call.listing(messages.store().keys(), &which, call.query.limit)?;
    let before = before(listing.position(call.query.cursor.as_deref())?)?;
    let rows = messages.page(&call.ctx, which, before, listing.fetch()).await?;
    let page = listing.page(rows, |row| row.id.bytes().to_vec(), |row| row);
    let mut data = Vec::with_capacity(page.data.len());
    for message in &page.data {
        data.push(messages.views().brief(&call.ctx, message).await?);
    }
    Ok(Reply::ok(&Page { data, next_cursor: page.next_cursor, has_more: page.has_more })?)
}

fn both() -> Refusal {
    let place = Place::Parameter("standing".into());
    Refusal::of(&QUERY_INVALID).wrong(Wrong { place, code: "combination_invalid".into() })
}

/// Where a list of messages goes on.
pub(in crate::messages) fn before(position: Option<Vec<u8>>) -> Result<MessageId, Failure> {
    match position {
        Some(bytes) => Ok(bytes.try_into().map(MessageId::from_bytes).map_err(|_| not_found())?),
        None => Ok(MessageId::from_bytes([0xff; 16])),
    }
}
