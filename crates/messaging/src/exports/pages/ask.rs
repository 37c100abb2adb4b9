//! `GET` and `POST /app/{env}/contacts/{id}/export`

use schemars::JsonSchema;
use sealpost_access::permissions::CONTACTS_EXPORT;
use sealpost_govern::Reason;
use sealpost_store::{ApprovalId, ContactId};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::exports::Exports;
use crate::exports::api::{REFUSED, file};
use crate::exports::model::Form as As;
use crate::exports::service::{Begun, Wish};

/// Why, and as what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ExportOrderForm")]
struct Form {
    /// For whoever reads the ledger later.
    #[serde(default)]
    reason: String,
    /// As what.
    #[serde(default)]
    form: As,
    /// What others have agreed to, where that is needed.
    approval: Option<ApprovalId>,
}

/// What others have agreed to, where that is needed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ExportOrderQuery")]
struct Query {
    approval: Option<ApprovalId>,
}

pub(super) fn ask(exports: &Exports) -> Endpoint {
    let exports = exports.clone();
    get("/app/{env}/contacts/{id}/export")
        .needs(CONTACTS_EXPORT)
        .page()
        .class(Class::Read)
        .summary("Ask why everything held about a person is to be exported")
        .queries::<Query>()
        .to(move |call: Call<(), Query>| {
            let exports = exports.clone();
            async move {
                let id = call.id("id")?;
                exports.expect(&call.ctx, id).await?;
                question(&call, id, As::Pdf, call.query.approval).show(&call)
            }
        })
}

pub(super) fn export(exports: &Exports) -> Endpoint {
    let exports = exports.clone();
    post("/app/{env}/contacts/{id}/export")
        .needs(CONTACTS_EXPORT)
        .session()
        .step_up()
        .class(Class::Whole)
        .acts("contact.export")
        .reveals()
        .summary("Save everything held about a person as a file")
        .takes_form::<Form>()
        .example(json!({ "reason": "Asked what is held about them, ticket 4512", "form": "json" }))
        .answers_with(200, As::Json.media_type())
        .lets_out("one person's own data, as a look on record and within the looks of the day")
        .also_answers(200, As::Pdf.media_type())
        .also_answers(303, "")
        .refuses(&REFUSED)
        .to(move |call: Call<Form>| handle(exports.clone(), call))
}

async fn handle(exports: Exports, mut call: Call<Form>) -> Result<Reply, Failure> {
    let (id, form, approval): (ContactId, As, _) = (call.id("id")?, call.body.form, call.body.approval);
    let reason = Reason::parse(std::mem::take(&mut call.body.reason));
    let outcome = match reason {
        Ok(reason) => exports.begin(&call.ctx, Wish { contact: id, form, reason, approval }).await,
        Err(_) => Err(Refusal::of(&BODY_INVALID).at("/reason", "text_unsuitable").into()),
    };
    match outcome {
        Ok(Begun::Reads(bytes)) => Ok(file(id, form, bytes)),
        Ok(Begun::Waits(approval)) => Ok(Reply::see_other(&call.at(&format!("/approvals/{}", approval.id)))),
        Err(failure) => question(&call, id, form, approval).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, id: ContactId, form: As, approval: Option<ApprovalId>) -> Ask {
    let says = "For the person who asks what is held about them: what is known, every message with its content, who looked. In \
                clear. That you exported it, and why, is in the ledger before it begins.";
    let reason = Field::new("reason", "Reason")
        .placeholder("Asked what is held about them, ticket 4512")
        .hint("For whoever reads the ledger later.")
        .required();
    let kinds = vec![Choice::new(As::Pdf.word(), "PDF, to read"), Choice::new(As::Json.word(), "JSON, all of it")];
    let ask = Ask::new(call, "Export what is held?", says, &format!("/contacts/{id}"));
    let ask = match approval {
        Some(approval) => ask.hidden("approval", approval.to_string()),
        None => ask,
    };
    ask.hands_out()
        .field(reason)
        .field(Field::new("form", "As").kind(Kind::Choice(kinds)).value(form.word()))
        .sensitive()
        .submit("Export")
}
