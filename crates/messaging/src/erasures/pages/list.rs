//! `GET /app/{env}/erasures`

use askama::Template;
use sealpost_access::permissions::{CONTACTS_ERASE, ERASURES_READ};
use sealpost_store::ErasureId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Pager, When};
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use crate::cursor;
use crate::erasures::{Erasures, policy};

/// The list.
#[derive(Template)]
#[template(path = "erasures/pages/list.html")]
pub(super) struct ListPage {
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
    /// For how many days suppressions outlive a person.
    pub(super) days: u32,
    pub(super) settings: Option<String>,
}

/// One erasure in the list.
pub(super) struct Row {
    pub(super) href: String,
    pub(super) contact: String,
    pub(super) done: bool,
    pub(super) messages: u64,
    pub(super) begun: When,
}

pub(super) fn list(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    get("/app/{env}/erasures")
        .needs(ERASURES_READ)
        .page()
        .class(Class::Read)
        .summary("Erasures, newest first")
        .queries::<PageQuery>()
        .to(move |call: Call<(), PageQuery>| handle(erasures.clone(), call))
}

async fn handle(erasures: Erasures, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(erasures.store.keys(), &(), call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = cursor::behind(&listing, cursor, ErasureId::from_bytes)?;
    let found = erasures.list(&call.ctx, before, listing.fetch()).await?;
    let row = |one: crate::erasures::Erasure| Row {
        href: call.at(&format!("/erasures/{}", one.id)),
        contact: one.contact.to_string(),
        done: one.done_at.is_some(),
        messages: one.messages,
        begun: When::new(one.begun_at, call.ctx.now()),
    };
    let page = listing.page(found, |one| one.id.bytes().to_vec(), row);
    let pager = Pager::new(&call.at("/erasures"), &call.query.kept(), cursor, page.next_cursor.as_deref());
    let days = erasures.store.peek(&call.ctx, policy::standing).await?.suppression_days;
    let may = call.caller.permissions.contains(CONTACTS_ERASE);
    let settings = may.then(|| call.at("/erasure-settings"));
    let content = ListPage { rows: page.data, pager, empty: empty(), days, settings };
    call.show("Erasures", &content)
}

pub(super) fn empty() -> Empty {
    Empty::new(
        Icon::Trash,
        "Nobody was erased",
        "Whoever asks to be forgotten is erased from their page, or by one call. Each erasure has a certificate that can be checked offline.",
    )
}
