//! `GET /app/{env}/contacts/duplicates`

use askama::Template;
use sealpost_access::permissions::CONTACTS_READ;
use sealpost_store::DuplicateId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Masked, Pager, When};
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use super::says;
use crate::contacts::{Contact, ContactView, Pair};
use crate::cursor;
use crate::duplicates::Duplicates;

/// The list.
#[derive(Template)]
#[template(path = "duplicates/pages/list.html")]
pub(super) struct ListPage {
    pub(super) contacts: String,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// Two contacts in the list.
pub(super) struct Row {
    pub(super) id: DuplicateId,
    pub(super) href: String,
    pub(super) why: &'static str,
    pub(super) both: [Brief; 2],
    pub(super) since: When,
}

/// One of them.
pub(super) struct Brief {
    pub(super) name: Option<Masked>,
    pub(super) reached: Option<Masked>,
}

pub(super) fn list(duplicates: &Duplicates) -> Endpoint {
    let duplicates = duplicates.clone();
    get("/app/{env}/contacts/duplicates")
        .needs(CONTACTS_READ)
        .page()
        .class(Class::Read)
        .summary("Contacts who may be one person, newest first, masked")
        .queries::<PageQuery>()
        .to(move |call: Call<(), PageQuery>| handle(duplicates.clone(), call))
}

async fn handle(duplicates: Duplicates, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(duplicates.store.keys(), &"duplicates", call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = cursor::behind(&listing, cursor, DuplicateId::from_bytes)?;
    let found = duplicates.contacts.pairs(&call.ctx, before, listing.fetch()).await?;
    let row = |(pair, both): (Pair, Option<[Contact; 2]>)| {
        both.map(|both| Row {
            id: pair.id,
            href: call.at(&format!("/contacts/duplicates/{}", pair.id)),
            why: says(pair.because),
            both: both.map(|contact| brief(ContactView::of(&call.ctx, &contact))),
            since: When::new(pair.created_at, call.ctx.now()),
        })
    };
    let page = listing.sifted(found, |(pair, _)| pair.id.bytes().to_vec(), row);
    let path = call.at("/contacts/duplicates");
    let content = ListPage {
        contacts: call.at("/contacts"),
        pager: Pager::new(&path, &call.query.kept(), cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(),
    };
    call.show("Duplicates", &content)
}

fn brief(view: ContactView) -> Brief {
    Brief {
        name: view.name.map(Masked::from),
        reached: view.phone.or(view.email).or(view.external_id).map(Masked::from),
    }
}

pub(super) fn empty() -> Empty {
    Empty::new(
        Icon::Person,
        "No duplicates",
        "Nobody looks like somebody else. Contacts are compared by keyed hashes of their addresses; nothing is opened for it.",
    )
}
