//! `GET` and `POST /app/{env}/contacts/new`, `GET` and `POST /app/{env}/contacts/{id}/edit`
//!
//! What was typed is never shown again, not even beside what was wrong with it: it is personal.

use schemars::JsonSchema;
use sealpost_access::permissions::CONTACTS_WRITE;
use sealpost_seal::{Personal, Purpose};
use sealpost_store::ContactId;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::contacts::Contacts;
use crate::contacts::api::Says;
use crate::contacts::codes::{CONTACT_CARD_NUMBER, CONTACT_EXISTS, CONTACT_UNADDRESSED};
use crate::contacts::model::{Changes, Details};
use crate::patch::Change;

/// What is said about a person; what is left empty isn't said.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactForm")]
struct Form {
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    external_id: Option<String>,
    locale: Option<String>,
}

impl Form {
    /// The details, or which of them are none.
    fn read(self) -> Result<Details, Refusal> {
        let mut wrong = Refusal::of(&BODY_INVALID);
        let details = Details {
            phone: said("phone", self.phone, &mut wrong),
            email: said("email", self.email, &mut wrong),
            external_id: said("external_id", self.external_id, &mut wrong),
            name: said("name", self.name, &mut wrong),
            locale: said("locale", self.locale, &mut wrong),
        };
        if wrong.errors().is_empty() { Ok(details) } else { Err(wrong) }
    }
}

/// What a field says; one that says something else is noted as wrong.
fn said<T: Says>(field: &str, text: Option<String>, wrong: &mut Refusal) -> Option<T> {
    let text = Personal::new(text?);
    let said = T::read(text.expose(Purpose::Guard));
    if said.is_none() {
        *wrong = std::mem::replace(wrong, Refusal::of(&BODY_INVALID)).at(format!("/{field}"), T::ELSE);
    }
    said
}

pub(super) fn ask_new() -> Endpoint {
    get("/app/{env}/contacts/new")
        .needs(CONTACTS_WRITE)
        .page()
        .class(Class::Read)
        .summary("Ask who a new contact is")
        .to(|call: Call| std::future::ready(question(&call, None).show(&call)))
}

pub(super) fn create(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    post("/app/{env}/contacts/new")
        .needs(CONTACTS_WRITE)
        .session()
        .class(Class::Write)
        .acts("contact.create")
        .done("Contact added")
        .summary("Add a contact")
        .takes_form::<Form>()
        .example(json!({ "phone": "+12025550143", "name": "Ada Sample" }))
        .answers_with(303, "")
        .refuses(&[&CONTACT_EXISTS, &CONTACT_UNADDRESSED, &CONTACT_CARD_NUMBER])
        .to(move |call: Call<Form>| handle_create(contacts.clone(), call))
}

async fn handle_create(contacts: Contacts, mut call: Call<Form>) -> Result<Reply, Failure> {
    let form = std::mem::take(&mut call.body);
    let made = async {
        let new = contacts.prepare(&call.ctx, &form.read()?).await?;
        let call = &call;
        let done = call.done("/contacts");
        call.write(contacts.store(), move |tx| {
            let created = new.create(tx)?;
            let reply = done.leads_to(&created.value().id.to_string());
            Ok(created.map(|_| reply))
        })
        .await
    };
    match made.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, None).again(&call, failure),
    }
}

pub(super) fn ask(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    get("/app/{env}/contacts/{id}/edit")
        .needs(CONTACTS_WRITE)
        .page()
        .class(Class::Read)
        .summary("Ask what has changed about a contact")
        .to(move |call: Call| {
            let contacts = contacts.clone();
            async move {
                let id = call.id("id")?;
                contacts.subject(&call.ctx, id).await?;
                question(&call, Some(id)).show(&call)
            }
        })
}

pub(super) fn update(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    post("/app/{env}/contacts/{id}/edit")
        .needs(CONTACTS_WRITE)
        .session()
        .class(Class::Write)
        .acts("contact.update")
        .done("Contact changed")
        .summary("Change a contact")
        .takes_form::<Form>()
        .example(json!({ "name": "Ada Sample" }))
        .answers_with(303, "")
        .refuses(&[&CONTACT_EXISTS, &CONTACT_UNADDRESSED, &CONTACT_CARD_NUMBER])
        .to(move |call: Call<Form>| handle_update(contacts.clone(), call))
}

async fn handle_update(contacts: Contacts, mut call: Call<Form>) -> Result<Reply, Failure> {
    let id: ContactId = call.id("id")?;
    let form = std::mem::take(&mut call.body);
    let made = async {
        let update = contacts.prepare_update(&call.ctx, id, changes(form.read()?)).await?;
        let reply = call.done(&format!("/contacts/{id}"));
        call.write(contacts.store(), move |tx| Ok(update.apply(tx)?.map(|_| reply))).await
    };
    let made = made.await;
    contacts.changed(&call.ctx, id);
    match made {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, Some(id)).again(&call, failure),
    }
}

/// What was filled in replaces what was there; what was left empty stays.
fn changes(details: Details) -> Changes {
    fn set<T>(value: Option<T>) -> Change<T> {
        value.map_or(Change::Keep, Change::Set)
    }
    Changes {
        phone: set(details.phone),
        email: set(details.email),
        external_id: set(details.external_id),
        name: set(details.name),
        locale: set(details.locale),
    }
}

fn question<B, Q>(call: &Call<B, Q>, id: Option<ContactId>) -> Ask {
    let (title, says, back, submit) = match id {
        None => (
            "Add a contact",
            "A phone number, an e-mail address or your own id is needed to find the person again.",
            "/contacts".to_owned(),
            "Add",
        ),
        Some(id) => (
            "Change this contact",
            "What you fill in replaces what is there; what you leave empty stays. Nothing that is known is shown here.",
            format!("/contacts/{id}"),
            "Change",
        ),
    };
    Ask::new(call, title, says, &back)
        .field(Field::new("name", "Name"))
        .field(
            Field::new("phone", "Phone")
                .kind(Kind::Typed("tel"))
                .placeholder("+12025550143")
                .hint("With the country’s code."),
        )
        .field(Field::new("email", "E-mail").kind(Kind::Typed("email")))
        .field(Field::new("external_id", "Your id").hint("What the person is called in your own systems."))
        .field(Field::new("locale", "Language").placeholder("en").hint("A language tag: en, pt-BR."))
        .submit(submit)
}
