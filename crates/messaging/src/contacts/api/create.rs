//! `POST /v1/contacts`

use schemars::JsonSchema;
use sealpost_access::permissions::CONTACTS_WRITE;
use sealpost_seal::normal::{Email, Phone};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::Deserialize;

use super::body::Given;
use super::view::ContactView;
use crate::contacts::Contacts;
use crate::contacts::codes::{CONTACT_CARD_NUMBER, CONTACT_EXISTS, CONTACT_UNADDRESSED};
use crate::contacts::model::{Details, ExternalId, Locale, Name};

/// A new contact: at least one of `phone`, `email` and `external_id`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewContact")]
struct Body {
    /// Phone number in E.164.
    phone: Option<Given<Phone>>,
    /// E-mail address.
    email: Option<Given<Email>>,
    /// The person's id in your systems.
    external_id: Option<Given<ExternalId>>,
    /// Name.
    name: Option<Given<Name>>,
    /// Language (BCP 47).
    locale: Option<Given<Locale>>,
}

pub(super) fn create(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    post("/v1/contacts")
        .needs(CONTACTS_WRITE)
        .class(Class::Write)
        .acts("contact.create")
        .summary("Create a contact")
        .describe("Refused with `contact_exists` and the id of the other one if a contact has one of the addresses.")
        .takes::<Body>()
        .answers::<ContactView>(201)
        .refuses(&[&CONTACT_EXISTS, &CONTACT_UNADDRESSED, &CONTACT_CARD_NUMBER])
        .example(serde_json::json!({ "phone": "+12025550143", "name": "Ada Example", "locale": "en" }))
        .to(move |call: Call<Body>| handle(contacts.clone(), call))
}

async fn handle(contacts: Contacts, mut call: Call<Body>) -> Result<Reply, Failure> {
    let Body { phone, email, external_id, name, locale } = std::mem::take(&mut call.body);
    let details = Details {
        phone: phone.map(Given::value),
        email: email.map(Given::value),
        external_id: external_id.map(Given::value),
        name: name.map(Given::value),
        locale: locale.map(Given::value),
    };
    let new = contacts.prepare(&call.ctx, &details).await?;
    let ctx = call.masked_ctx();
    call.write(contacts.store(), move |tx| {
        let created = new.create(tx)?;
        let path = format!("/v1/contacts/{}", created.value().id);
        let reply = Reply::json(201, &ContactView::of(&ctx, created.value()))?.location(&path);
        Ok(created.map(|_| reply))
    })
    .await
}
