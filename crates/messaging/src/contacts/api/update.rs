//! `PATCH /v1/contacts/{id}`

use schemars::JsonSchema;
use sealpost_access::permissions::CONTACTS_WRITE;
use sealpost_seal::normal::{Email, Phone};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, patch};
use serde::Deserialize;

use super::body::Given;
use super::view::ContactView;
use crate::contacts::Contacts;
use crate::contacts::codes::{CONTACT_CARD_NUMBER, CONTACT_EXISTS, CONTACT_UNADDRESSED};
use crate::contacts::model::{Changes, ExternalId, Locale, Name};
use crate::patch::Change;

/// What changes: an absent field stays, `null` clears it.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactChanges")]
struct Body {
    /// Phone number in E.164.
    #[serde(default)]
    phone: Change<Given<Phone>>,
    /// E-mail address.
    #[serde(default)]
    email: Change<Given<Email>>,
    /// The person's id in your systems.
    #[serde(default)]
    external_id: Change<Given<ExternalId>>,
    /// Name.
    #[serde(default)]
    name: Change<Given<Name>>,
    /// Language (BCP 47).
    #[serde(default)]
    locale: Change<Given<Locale>>,
}

pub(super) fn update(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    patch("/v1/contacts/{id}")
        .needs(CONTACTS_WRITE)
        .class(Class::Write)
        .acts("contact.update")
        .summary("Change a contact")
        .describe("A contact keeps at least one of `phone`, `email` and `external_id`.")
        .takes::<Body>()
        .answers::<ContactView>(200)
        .refuses(&[&CONTACT_EXISTS, &CONTACT_UNADDRESSED, &CONTACT_CARD_NUMBER])
        .example(serde_json::json!({ "name": "Ada Sample", "locale": null }))
        .to(move |call: Call<Body>| handle(contacts.clone(), call))
}

async fn handle(contacts: Contacts, mut call: Call<Body>) -> Result<Reply, Failure> {
    let Body { phone, email, external_id, name, locale } = std::mem::take(&mut call.body);
    let changes = Changes {
        phone: phone.map(Given::value),
        email: email.map(Given::value),
        external_id: external_id.map(Given::value),
        name: name.map(Given::value),
        locale: locale.map(Given::value),
    };
    let update = contacts.prepare_update(&call.ctx, call.id("id")?, changes).await?;
    let (ctx, id) = (call.masked_ctx(), update.contact());
    let reply = call
        .write(contacts.store(), move |tx| {
            let updated = update.apply(tx)?;
            let reply = Reply::ok(&ContactView::of(&ctx, updated.value()))?;
            Ok(updated.map(|_| reply))
        })
        .await?;
    contacts.changed(&call.ctx, id);
    Ok(reply)
}
