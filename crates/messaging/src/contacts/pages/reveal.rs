//! `GET` and `POST /app/{env}/contacts/{id}/reveal`

use sealpost_access::permissions::DATA_REVEAL;
use sealpost_govern::masking::codes::REVEAL_BUDGET_EXHAUSTED;
use sealpost_store::ContactId;
use sealpost_web::shell::Ask;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use super::show::page;
use crate::contacts::Contacts;
use crate::contacts::api::ContactView;
use crate::contacts::model::Reveal;
use crate::looking::{self, Form};

const FIELDS: [Reveal; 4] = [Reveal::Phone, Reveal::Email, Reveal::Name, Reveal::ExternalId];

pub(super) fn ask(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    get("/app/{env}/contacts/{id}/reveal")
        .needs(DATA_REVEAL)
        .page()
        .class(Class::Read)
        .summary("Ask why a contact is to be seen in clear")
        .to(move |call: Call| {
            let contacts = contacts.clone();
            async move {
                let id = call.id("id")?;
                contacts.subject(&call.ctx, id).await?;
                question(&call, id).show(&call)
            }
        })
}

pub(super) fn reveal(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    post("/app/{env}/contacts/{id}/reveal")
        .needs(DATA_REVEAL)
        .session()
        .step_up()
        .class(Class::Reveal)
        .acts("contact.reveal")
        .reveals()
        .summary("See a contact in clear")
        .describe("The look is in the ledger, with its reason, before the first clear byte leaves. Nothing of it is in the URL.")
        .takes_form::<Form>()
        .example(json!({ "reason": "Customer called back, ticket 4512" }))
        .answers_with(200, "text/html")
        .refuses(&[&REVEAL_BUDGET_EXHAUSTED])
        .to(move |call: Call<Form>| handle(contacts.clone(), call))
}

async fn handle(contacts: Contacts, mut call: Call<Form>) -> Result<Reply, Failure> {
    let id: ContactId = call.id("id")?;
    let looked = match call.body.take() {
        Ok(reason) => contacts.reveal(&call.ctx, id, &FIELDS, &reason).await,
        Err(refusal) => Err(refusal.into()),
    };
    match looked {
        Ok((contact, viewer)) => {
            let view = ContactView::revealed(&call.ctx, &contact, &FIELDS, &viewer);
            call.show("Contact", &page(&call, view, Some(call.ctx.request.to_string())))
        }
        Err(failure) => question(&call, id).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, id: ContactId) -> Ask {
    let shown = "Everything known about the person is shown";
    looking::question(call, "See this contact in clear?", shown, &format!("/contacts/{id}"))
}
