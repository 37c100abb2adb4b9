//! `POST /app/{env}/contacts/match`

use askama::Template;
use schemars::JsonSchema;
use sealpost_access::permissions::CONTACTS_MATCH;
use sealpost_seal::normal::Last4;
use sealpost_store::ContactId;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Icon;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::find::Search;
use super::list::Row;
use crate::contacts::Contacts;
use crate::contacts::api::{ContactView, Says};
use crate::contacts::codes::MASK_PROFILE_HIDES_DIGITS;
use crate::cursor;

/// Those whose number ends so. The digits themselves are not on it.
#[derive(Template)]
#[template(path = "contacts/pages/matching.html")]
pub(super) struct MatchPage {
    pub(super) list: String,
    pub(super) search: Search,
    pub(super) rows: Vec<Row>,
    pub(super) on: Option<On>,
}

/// What finds the next of them.
pub(super) struct On {
    pub(super) action: String,
    pub(super) csrf: String,
    pub(super) digits: String,
    pub(super) cursor: String,
}

/// How the number ends.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactMatchForm")]
struct Form {
    /// Four digits.
    #[serde(default)]
    q: String,
    /// Where to begin.
    cursor: Option<String>,
}

pub(super) fn matching(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    post("/app/{env}/contacts/match")
        .needs(CONTACTS_MATCH)
        .session()
        .class(Class::Partial)
        .acts("contact.match")
        .summary("Contacts whose phone number ends with four digits, newest first, masked")
        .describe("For members whose mask profile shows these digits. Every page is a search of its own: each is in the ledger.")
        .takes_form::<Form>()
        .example(json!({ "q": "0143" }))
        .answers_with(200, "text/html")
        .refuses(&[&MASK_PROFILE_HIDES_DIGITS])
        .to(move |call: Call<Form>| handle(contacts.clone(), call))
}

async fn handle(contacts: Contacts, call: Call<Form>) -> Result<Reply, Failure> {
    let text = call.body.q.trim();
    let last4: Last4 = Says::read(text).ok_or_else(|| Refusal::of(&BODY_INVALID).at("/q", Last4::ELSE))?;
    let listing = call.listing(contacts.store().keys(), &last4.index_form().as_str(), None)?;
    let before = cursor::behind(&listing, call.body.cursor.as_deref(), ContactId::from_bytes)?;
    let candidates = contacts.matching(&call.ctx, &last4, before, listing.fetch()).await?;
    let page = ContactView::page(&call.ctx, &listing, candidates);
    let on = |cursor| On {
        action: call.at("/contacts/match"),
        csrf: call.csrf_token().to_owned(),
        digits: text.to_owned(),
        cursor,
    };
    let content = MatchPage {
        list: call.at("/contacts"),
        search: Search::of(&call),
        rows: page.data.into_iter().map(|view| Row::of(&call, view)).collect(),
        on: page.next_cursor.map(on),
    };
    call.show("Found by four digits", &content)
}
