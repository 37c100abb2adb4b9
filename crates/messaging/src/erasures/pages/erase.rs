//! `GET` and `POST /app/{env}/contacts/{id}/erase`

use schemars::JsonSchema;
use sealpost_access::permissions::{CONTACTS_ERASE, ERASURES_READ};
use sealpost_govern::Reason;
use sealpost_store::ContactId;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::erasures::service::begin;
use crate::erasures::{Asked, Erasures, Finality, Ground};
use crate::storage::codes::LEGAL_HOLD;

/// Why somebody is erased, and how soon it is to be final.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ErasureForm")]
struct Form {
    /// On what ground.
    #[serde(default)]
    reason: Option<Ground>,
    /// For whoever reads the ledger later.
    #[serde(default)]
    note: Option<String>,
    /// When it is to be final.
    #[serde(default)]
    erasure: Option<Finality>,
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
                let id = erasures.expect(&call.ctx, call.id("id")?).await?;
                question(&call, id, &Form::default()).show(&call)
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
        .example(json!({ "reason": "asked", "note": "Ticket 4512", "erasure": "with_copies" }))
        .answers_with(303, "")
        .refuses(&[&LEGAL_HOLD])
        .to(move |call: Call<Form>| handle(erasures.clone(), call))
}

async fn handle(erasures: Erasures, call: Call<Form>) -> Result<Reply, Failure> {
    let contact = erasures.expect(&call.ctx, call.id("id")?).await?;
    let asked = match asked(&call.body) {
        Ok(asked) => asked,
        Err(refusal) => return question(&call, contact, &call.body).again(&call, refusal.into()),
    };
    let prepared = erasures.prepare(&call.ctx, contact, &asked).await?;
    let id = prepared.id;
    let shows = call.caller.permissions.contains(ERASURES_READ);
    let reply = call.done(&if shows { format!("/erasures/{id}") } else { "/contacts".to_owned() });
    let reply = call.write(&erasures.store, move |tx| Ok(begin(tx, &prepared)?.map(|_| reply))).await;
    match reply {
        Ok(reply) => {
            erasures.complete(call.ctx.org, id).await?;
            Ok(reply)
        }
        Err(failure) => question(&call, contact, &call.body).again(&call, failure),
    }
}

fn asked(form: &Form) -> Result<Asked, Refusal> {
    let ground = form.reason.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/reason", "field_missing"))?;
    let note = form.note.clone().map(Reason::parse).transpose();
    let note = note.map_err(|_| Refusal::of(&BODY_INVALID).at("/note", "text_unsuitable"))?;
    Ok(Asked { ground: Some(ground), note, finality: form.erasure.unwrap_or_default() })
}

fn question<B, Q>(call: &Call<B, Q>, id: ContactId, form: &Form) -> Ask {
    let says = "Their key is destroyed, what waits to be sent is taken back, and what is known about them is gone, here and in \
                every backup. Ids and the ledger stay. This can’t be undone.";
    let grounds = Ground::ALL.into_iter().map(|ground| Choice::new(ground.code(), ground.says())).collect();
    let reason = Field::new("reason", "Reason")
        .kind(Kind::Choice(grounds))
        .value(form.reason.unwrap_or(Ground::Asked).code())
        .hint("It is in the ledger, and on the certificate.")
        .required();
    let note = Field::new("note", "Note")
        .value(form.note.clone().unwrap_or_default())
        .placeholder("Ticket 4512")
        .hint("For whoever reads the ledger later, sealed. Don’t write who it was.");
    let copies = vec![
        Choice::new("with_copies", "Within seven days, as copies rotate out"),
        Choice::new("immediate", "At once: no older copy of the keys opens any more"),
    ];
    let finality = Field::new("erasure", "Gone from copies of the keys")
        .kind(Kind::Choice(copies))
        .value(if form.erasure == Some(Finality::Immediate) { "immediate" } else { "with_copies" });
    Ask::new(call, "Erase this person?", says, &format!("/contacts/{id}"))
        .field(reason)
        .field(note)
        .field(finality)
        .sensitive()
        .submit("Erase")
        .danger()
}
