//! `GET /v1/contacts`, `GET /v1/contacts/{id}`

use sealpost_access::permissions::CONTACTS_READ;
use sealpost_store::ContactId;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, PageQuery, Reply, get};

use super::view::ContactView;
use crate::contacts::Contacts;
use crate::cursor;

pub(super) fn list(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    get("/v1/contacts")
        .needs(CONTACTS_READ)
        .class(Class::Read)
        .summary("List contacts, newest first, masked")
        .describe("To find one by an address, use `POST /v1/contacts/search`: personal data doesn't belong in a URL.")
        .queries::<PageQuery>()
        .answers::<Page<ContactView>>(200)
        .to(move |call: Call<(), PageQuery>| page(contacts.clone(), call))
}

async fn page(contacts: Contacts, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(contacts.store().keys(), &(), call.query.limit)?;
    let before = cursor::behind(&listing, call.query.cursor.as_deref(), ContactId::from_bytes)?;
    let rows = contacts.list(&call.ctx, before, listing.fetch()).await?;
    Ok(Reply::ok(&ContactView::page(&call.ctx, &listing, rows))?)
}

pub(super) fn show(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    get("/v1/contacts/{id}")
        .needs(CONTACTS_READ)
        .class(Class::Read)
        .summary("Read a contact, masked")
        .answers::<ContactView>(200)
        .to(move |call: Call| one(contacts.clone(), call))
}

async fn one(contacts: Contacts, call: Call) -> Result<Reply, Failure> {
    let contact = contacts.find(&call.ctx, call.id("id")?).await?;
    Ok(Reply::ok(&ContactView::of(&call.ctx, &contact))?)
}
