//! `POST /v1/contacts/match`

use schemars::JsonSchema;
use sealpost_access::permissions::CONTACTS_MATCH;
use sealpost_seal::normal::Last4;
use sealpost_store::ContactId;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, PageQuery, Reply, post};
use serde::Deserialize;

use super::body::Given;
use super::view::ContactView;
use crate::contacts::Contacts;
use crate::contacts::codes::MASK_PROFILE_HIDES_DIGITS;
use crate::cursor;

/// Whom to find.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactMatch")]
struct Body {
    /// The last four digits of the phone number.
    phone_last4: Given<Last4>,
}

pub(super) fn matching(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    post("/v1/contacts/match")
        .needs(CONTACTS_MATCH)
        .class(Class::Partial)
        .acts("contact.match")
        .summary("Find contacts by the last four digits of a phone number, newest first, masked")
        .describe(
            "For callers whose mask profile shows these digits. Every page is a search of its own: each is in the ledger, and there is \
             a stricter limit. A page may have fewer elements than `limit`, even none, and still be followed by others: go on while \
             `has_more`.",
        )
        .takes::<Body>()
        .queries::<PageQuery>()
        .answers::<Page<ContactView>>(200)
        .refuses(&[&MASK_PROFILE_HIDES_DIGITS])
        .example(serde_json::json!({ "phone_last4": "0143" }))
        .to(move |call: Call<Body, PageQuery>| handle(contacts.clone(), call))
}

async fn handle(contacts: Contacts, call: Call<Body, PageQuery>) -> Result<Reply, Failure> {
    let Given(last4) = &call.body.phone_last4;
    let listing = call.listing(contacts.store().keys(), &last4.index_form().as_str(), call.query.limit)?;
    let before = cursor::behind(&listing, call.query.cursor.as_deref(), ContactId::from_bytes)?;
    let candidates = contacts.matching(&call.ctx, last4, before, listing.fetch()).await?;
    Ok(Reply::ok(&ContactView::page(&call.ctx, &listing, candidates))?)
}
