//! `POST /app/{env}/contacts/find`

use askama::Template;
use schemars::JsonSchema;
use sealpost_access::permissions::{CONTACTS_MATCH, CONTACTS_READ};
use sealpost_web::shell::Icon;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::Deserialize;
use serde_json::json;

use crate::contacts::Contacts;
use crate::contacts::api::Says;
use crate::contacts::model::{Contact, ContactRefusal, Details};

/// Where one says whom to find.
#[derive(Template)]
#[template(path = "contacts/pages/search.html")]
pub(super) struct Search {
    pub(super) action: String,
    pub(super) csrf: String,
    /// What finds by the last four digits of a number, for whoever sees them.
    pub(super) by_digits: Option<String>,
}

impl askama::filters::HtmlSafe for Search {}

impl Search {
    pub(super) fn of<B, Q>(call: &Call<B, Q>) -> Self {
        let sees = call.ctx.viewer.sees_last4() && call.caller.permissions.contains(CONTACTS_MATCH);
        Self {
            action: call.at("/find"),
            csrf: call.csrf_token().to_owned(),
            by_digits: sees.then(|| call.at("/contacts/match")),
        }
    }
}

/// Nobody was found.
#[derive(Template)]
#[template(path = "contacts/pages/nobody.html")]
pub(super) struct Nobody {
    pub(super) list: String,
    pub(super) search: Search,
    pub(super) why: &'static str,
}

/// Whom to find.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactFindForm")]
struct Form {
    /// A full phone number or e-mail address, or the person's id in your systems.
    #[serde(default)]
    q: String,
}

pub(super) fn find(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    post("/app/{env}/contacts/find")
        .needs(CONTACTS_READ)
        .session()
        .class(Class::Search)
        .changes_nothing("a search whose terms are personal, and so don't belong in a URL")
        .summary("Lead to the contact that has this address")
        .takes_form::<Form>()
        .example(json!({ "q": "+12025550143" }))
        .answers_with(303, "")
        .also_answers(200, "text/html")
        .to(move |call: Call<Form>| handle(contacts.clone(), call))
}

async fn handle(contacts: Contacts, mut call: Call<Form>) -> Result<Reply, Failure> {
    let text = std::mem::take(&mut call.body.q);
    for details in readings(text.trim()) {
        if let Some(Contact { id, .. }) = contacts.search(&call.ctx, &details).await.or_else(nobody)? {
            return Ok(Reply::see_other(&call.at(&format!("/contacts/{id}"))));
        }
    }
    let why = "A phone number needs its country (+1…), an address has to be whole, and an id of yours exactly as you sent it.";
    call.show("Nobody found", &Nobody { list: call.at("/contacts"), search: Search::of(&call), why })
}

/// What the text may mean: each alone, since an id of yours may look like a number.
fn readings(text: &str) -> Vec<Details> {
    let phone = Says::read(text).map(|phone| Details { phone: Some(phone), ..Details::default() });
    let email = Says::read(text).map(|email| Details { email: Some(email), ..Details::default() });
    let theirs = Says::read(text).map(|id| Details { external_id: Some(id), ..Details::default() });
    [phone, email, theirs].into_iter().flatten().collect()
}

fn nobody(refusal: ContactRefusal) -> Result<Option<Contact>, ContactRefusal> {
    if matches!(refusal, ContactRefusal::NotFound) { Ok(None) } else { Err(refusal) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_looked_for_as_whatever_it_may_be() {
        let read =
            |text| readings(text).into_iter().map(|one| (one.phone.is_some(), one.email.is_some())).collect::<Vec<_>>();
        assert_eq!(read("+1 202 555 0143"), [(true, false), (false, false)]);
        assert_eq!(read("ada@example.com"), [(false, true), (false, false)]);
        assert_eq!(read("customer-17"), [(false, false)]);
        assert!(read("").is_empty());
    }
}
