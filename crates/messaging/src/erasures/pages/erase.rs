//! `GET` and `POST /app/{env}/contacts/{id}/erase`

use schemars::JsonSchema;
use sealpost_access::permissions::{CONTACTS_ERASE, ERASURES_READ};
use sealpost_govern::Reason;
use sealpost_store::ContactId;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::Field;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::erasures::Erasures;
use crate::erasures::service::begin;
use crate::storage::codes::LEGAL_HOLD;

/// Why somebody is erased.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ErasureForm")]
struct Form {
    /// For whoever reads the ledger later.
    #[serde(default)]
    reason: String,
}

pub(super) fn ask(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    get("/app/{env}/contacts/{id}/erase")
        .needs(CONTACTS_ERASE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to erase a person")
        .to(move |call: Call| {
            let erasures = erasures.clone();
            async move {
                let id = call.id("id")?;
                erasures.expect(&call.ctx, id).await?;
                question(&call, id).show(&call)
            }
        })
}

pub(super) fn erase(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    post("/app/{env}/contacts/{id}/erase")
        .needs(CONTACTS_ERASE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("contact.erase")
        .done("Erased")
        .summary("Erase a person, for good")
        .takes_form::<Form>()
        .example(json!({ "reason": "Asked to be forgotten, ticket 4512" }))
        .answers_with(303, "")
        .refuses(&[&LEGAL_HOLD])
        .to(move |call: Call<Form>| handle(erasures.clone(), call))
}

async fn handle(erasures: Erasures, mut call: Call<Form>) -> Result<Reply, Failure> {
    let contact: ContactId = call.id("id")?;
    erasures.expect(&call.ctx, contact).await?;
    let reason = Reason::parse(std::mem::take(&mut call.body.reason));
    let reason = match reason.map_err(|_| Refusal::of(&BODY_INVALID).at("/reason", "text_unsuitable")) {
        Ok(reason) => reason,
        Err(refusal) => return question(&call, contact).again(&call, refusal.into()),
    };
    let prepared = erasures.prepare(&call.ctx, contact, Some(&reason)).await?;
    let id = prepared.id;
    let shows = call.caller.permissions.contains(ERASURES_READ);
    let reply = call.done(&if shows { format!("/erasures/{id}") } else { "/contacts".to_owned() });
    let reply = call.write(&erasures.store, move |tx| Ok(begin(tx, &prepared)?.map(|_| reply))).await;
    match reply {
        Ok(reply) => {
            erasures.complete(call.ctx.org, id).await?;
            Ok(reply)
        }
        Err(failure) => question(&call, contact).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, id: ContactId) -> Ask {
    let says = "Their key is destroyed, what waits to be sent is taken back, and what is known about them is gone, here and in \
                every backup. Ids and the ledger stay. This can’t be undone.";
    let reason = Field::new("reason", "Reason")
        .placeholder("Asked to be forgotten, ticket 4512")
        .hint("For whoever reads the ledger later. Don’t write who it was.")
        .required();
    Ask::new(call, "Erase this person?", says, &format!("/contacts/{id}"))
        .field(reason)
        .sensitive()
        .submit("Erase")
        .danger()
}
