//! `POST /v1/contacts/search`

use schemars::JsonSchema;
use sealpost_access::permissions::CONTACTS_READ;
use sealpost_seal::normal::{Email, Phone};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::{Deserialize, Serialize};

use super::body::Given;
use super::view::ContactView;
use crate::contacts::Contacts;
use crate::contacts::codes::{CONTACT_UNADDRESSED, RECIPIENT_AMBIGUOUS};
use crate::contacts::model::{ContactRefusal, Details, ExternalId};

/// Whom to find: by one or more full addresses.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactSearch")]
struct Body {
    /// Phone number in E.164.
    phone: Option<Given<Phone>>,
    /// E-mail address.
    email: Option<Given<Email>>,
    /// The person's id in your systems.
    external_id: Option<Given<ExternalId>>,
}

/// Who was found.
#[derive(Serialize, JsonSchema)]
struct Found {
    /// The contact, or nothing.
    data: Vec<ContactView>,
}

pub(super) fn search(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    post("/v1/contacts/search")
        .needs(CONTACTS_READ)
        .class(Class::Search)
        .changes_nothing("a search whose terms are personal, and so don't belong in a URL")
        .summary("Find a contact by a full address")
        .describe("Equality only, over keyed hashes: nothing is opened to find it. Masked viewers may search, too.")
        .takes::<Body>()
        .answers::<Found>(200)
        .refuses(&[&CONTACT_UNADDRESSED, &RECIPIENT_AMBIGUOUS])
        .example(serde_json::json!({ "phone": "+12025550143" }))
        .to(move |call: Call<Body>| handle(contacts.clone(), call))
}

async fn handle(contacts: Contacts, mut call: Call<Body>) -> Result<Reply, Failure> {
    let Body { phone, email, external_id } = std::mem::take(&mut call.body);
    if phone.is_none() && email.is_none() && external_id.is_none() {
        return Err(ContactRefusal::Unaddressed.into());
    }
    let details = Details {
        phone: phone.map(Given::value),
        email: email.map(Given::value),
        external_id: external_id.map(Given::value),
        ..Details::default()
    };
    let found = contacts.search(&call.ctx, &details).await?;
    Ok(Reply::ok(&Found { data: found.iter().map(|contact| ContactView::of(&call.ctx, contact)).collect() })?)
}
