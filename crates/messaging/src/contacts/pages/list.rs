//! `GET /app/{env}/contacts`

use askama::Template;
use sealpost_access::permissions::{CONTACTS_READ, CONTACTS_WRITE};
use sealpost_store::ContactId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Masked, Pager, When};
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use super::find::Search;
use crate::contacts::Contacts;
use crate::contacts::api::ContactView;
use crate::cursor;

/// The list.
#[derive(Template)]
#[template(path = "contacts/pages/list.html")]
pub(super) struct ListPage {
    pub(super) search: Search,
    pub(super) new: Option<String>,
    pub(super) duplicates: String,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One contact in the list.
pub(super) struct Row {
    pub(super) id: ContactId,
    pub(super) href: String,
    pub(super) name: Option<Masked>,
    pub(super) phone: Option<Masked>,
    pub(super) email: Option<Masked>,
    pub(super) external_id: Option<Masked>,
    pub(super) created: When,
}

impl Row {
    /// The row of a contact as the caller sees it.
    pub(super) fn of<B, Q>(call: &Call<B, Q>, view: ContactView) -> Self {
        Self {
            href: call.at(&format!("/contacts/{}", view.id)),
            id: view.id,
            name: view.name.map(Masked::from),
            phone: view.phone.map(Masked::from),
            email: view.email.map(Masked::from),
            external_id: view.external_id.map(Masked::from),
            created: When::new(view.created_at, call.ctx.now()),
        }
    }
}

pub(super) fn list(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    get("/app/{env}/contacts")
        .needs(CONTACTS_READ)
        .page()
        .class(Class::Read)
        .summary("Contacts, newest first, masked")
        .queries::<PageQuery>()
        .to(move |call: Call<(), PageQuery>| handle(contacts.clone(), call))
}

async fn handle(contacts: Contacts, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(contacts.store().keys(), &(), call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = cursor::behind(&listing, cursor, ContactId::from_bytes)?;
    let found = contacts.list(&call.ctx, before, listing.fetch()).await?;
    let page = ContactView::page(&call.ctx, &listing, found);
    let path = call.at("/contacts");
    let new = call.caller.permissions.contains(CONTACTS_WRITE).then(|| call.at("/contacts/new"));
    let content = ListPage {
        search: Search::of(&call),
        rows: page.data.into_iter().map(|view| Row::of(&call, view)).collect(),
        pager: Pager::new(&path, &call.query.kept(), cursor, page.next_cursor.as_deref()),
        empty: empty(new.clone()),
        duplicates: call.at("/contacts/duplicates"),
        new,
    };
    call.show("Contacts", &content)
}

pub(super) fn empty(new: Option<String>) -> Empty {
    Empty::new(
        Icon::Person,
        "No contact yet",
        "A contact comes into being with the first message to it, or here. Everything about a person is sealed under a key of their own.",
    )
    .deed("Add a contact", new)
}
