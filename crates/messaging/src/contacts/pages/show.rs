//! `GET /app/{env}/contacts/{id}`

use askama::Template;
use sealpost_access::permissions::{
    CONTACTS_ERASE, CONTACTS_EXPORT, CONTACTS_READ, CONTACTS_WRITE, DATA_REVEAL, ERASURES_READ, MESSAGES_READ,
};
use sealpost_store::ContactId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Ident, Masked, When};
use sealpost_web::{Call, Class, Endpoint, get};

use crate::contacts::api::ContactView;
use crate::contacts::{ContactRefusal, Contacts};
use crate::looking;

/// One contact.
#[derive(Template)]
#[template(path = "contacts/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    pub(super) id: Ident,
    pub(super) fields: Vec<(&'static str, Option<Masked>)>,
    pub(super) locale: Option<String>,
    pub(super) created: When,
    pub(super) updated: When,
    /// Contacts that are the same person, with their further addresses.
    pub(super) merged: Vec<(ContactId, Vec<Masked>)>,
    pub(super) edit: Option<String>,
    pub(super) merge: Option<String>,
    pub(super) reveal: Option<String>,
    pub(super) messages: Option<String>,
    pub(super) export: Option<String>,
    pub(super) erase: Option<String>,
    /// The request on record, if anything is shown in clear.
    pub(super) shown: Option<String>,
    pub(super) seconds: u32,
}

pub(super) fn show(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    get("/app/{env}/contacts/{id}").needs(CONTACTS_READ).page().class(Class::Read).summary("A contact, masked").to(
        move |call: Call| {
            let contacts = contacts.clone();
            async move {
                let id = call.id("id")?;
                match contacts.find(&call.ctx, id).await {
                    Ok(contact) => call.show("Contact", &page(&call, ContactView::of(&call.ctx, &contact), None)),
                    Err(ContactRefusal::NotFound) if contacts.is_erased(&call.ctx, id).await? => {
                        call.show("Contact", &erased(&call))
                    }
                    Err(refusal) => Err(refusal.into()),
                }
            }
        },
    )
}

/// In the place of somebody who was erased: records lead here, and say no more.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<div class="head"><div><a class="crumb" href="{{ list }}">{{ Icon::Left }}Contacts</a><h1>Contact</h1></div></div><section class="sheet flush" aria-label="Contact">{{ empty }}</section>"#
)]
struct ErasedPage {
    list: String,
    empty: Empty,
}

fn erased(call: &Call) -> ErasedPage {
    let empty =
        Empty::new(Icon::Person, "Erased", "Nothing is known about this person any more, and nothing comes back.");
    let empty = match call.caller.permissions.contains(ERASURES_READ) {
        true => empty.deed("Erasures", call.at("/erasures")),
        false => empty,
    };
    ErasedPage { list: call.at("/contacts"), empty }
}

/// The page of a contact as this view shows it; `shown` is the request on record if it shows anything in clear.
pub(super) fn page<B, Q>(call: &Call<B, Q>, view: ContactView, shown: Option<String>) -> ShowPage {
    let now = call.ctx.now();
    let may = |permission| call.caller.permissions.contains(permission);
    let at = |act: &str| call.at(&format!("/contacts/{}{act}", view.id));
    ShowPage {
        list: call.at("/contacts"),
        id: Ident::new(view.id),
        edit: may(CONTACTS_WRITE).then(|| at("/edit")),
        merge: (shown.is_none() && may(CONTACTS_WRITE)).then(|| at("/merge")),
        reveal: (shown.is_none() && may(DATA_REVEAL)).then(|| at("/reveal")),
        export: may(CONTACTS_EXPORT).then(|| at("/export")),
        erase: may(CONTACTS_ERASE).then(|| at("/erase")),
        messages: may(MESSAGES_READ).then(|| call.at(&format!("/messages?contact_id={}", view.id))),
        fields: vec![
            ("Name", view.name.map(Masked::from)),
            ("Phone", view.phone.map(Masked::from)),
            ("E-mail", view.email.map(Masked::from)),
            ("Your id", view.external_id.map(Masked::from)),
        ],
        merged: view
            .merged
            .into_iter()
            .map(|one| {
                (one.id, [one.phone, one.email, one.external_id].into_iter().flatten().map(Masked::from).collect())
            })
            .collect(),
        locale: view.locale,
        created: When::new(view.created_at, now),
        updated: When::new(view.updated_at, now),
        shown,
        seconds: looking::SHOWN_SECONDS,
    }
}
