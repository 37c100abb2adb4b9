//! `POST /v1/contacts/{id}/export`

use bytes::Bytes;
use schemars::JsonSchema;
use sealpost_access::permissions::CONTACTS_EXPORT;
use sealpost_govern::Reason;
use sealpost_govern::approvals;
use sealpost_govern::approvals::codes::{
    APPROVAL_CHANGED, APPROVAL_MISMATCH, APPROVAL_NOT_YOURS, APPROVAL_OVER, APPROVAL_PERSON_UNKNOWN, APPROVAL_RACED,
    APPROVAL_TOO_FEW,
};
use sealpost_govern::masking::codes::REVEAL_BUDGET_EXHAUSTED;
use sealpost_store::{ApprovalId, ContactId};
use sealpost_web::{Call, Class, Code, Endpoint, Failure, Feature, Reply, post};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::model::{Document, Form};
use super::pages;
use super::service::{Begun, Exports, Wish};

/// What exports add to the API.
pub fn feature(exports: &Exports) -> Feature {
    Feature {
        name: "exports",
        about: "Everything held about a person, for the person: as JSON, or as a PDF to read.",
        routes: std::iter::once(export(exports)).chain(pages::routes(exports)).collect(),
        codes: &[],
    }
}

/// Why, and as what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactExportOrder")]
struct Body {
    /// For whoever reads the ledger later.
    reason: Reason,
    /// `json` unless said otherwise.
    #[serde(default)]
    form: Form,
    /// What others have agreed to, where an export takes an approval: good for this person and form, once, for whoever asked.
    approval_id: Option<ApprovalId>,
}

fn export(exports: &Exports) -> Endpoint {
    let exports = exports.clone();
    post("/v1/contacts/{id}/export")
        .needs(CONTACTS_EXPORT)
        .step_up()
        .class(Class::Whole)
        .acts("contact.export")
        .reveals()
        .summary("Export everything held about a person")
        .describe(
            "In clear, for the person (GDPR Art. 15 and 20): what is known about them, every message with its data, content and \
             timeline, suppressions, who looked. That it was exported, and why, is in the ledger before the first clear byte leaves, \
             and counts as one of the caller's looks of the day. It comes as it is written: one that was cut off has no `complete`, \
             and a PDF no end. Where the organisation says so it takes an approval: the first answer is `202` with what waits, and \
             once that is approved, the same request with its `approval_id` exports.",
        )
        .takes::<Body>()
        .answers::<Document>(200)
        .lets_out("one person's own data, as a look on record and within the looks of the day")
        .also_answers(200, Form::Pdf.media_type())
        .also_answers(202, "application/json")
        .refuses(&REFUSED)
        .example(json!({ "reason": "Asked what is held about them, ticket 4512", "form": "json" }))
        .to(move |call: Call<Body>| handle(exports.clone(), call))
}

async fn handle(exports: Exports, call: Call<Body>) -> Result<Reply, Failure> {
    let contact = call.id("id")?;
    let (call, Body { reason, form, approval_id: approval }) = call.take_body();
    match exports.begin(&call.ctx, Wish { contact, form, reason, approval }).await? {
        Begun::Reads(bytes) => Ok(file(contact, form, bytes)),
        Begun::Waits(approval) => Ok(approvals::accepted(&approval)?),
    }
}

/// The export as a file, called by the person's id alone.
pub(super) fn file(contact: ContactId, form: Form, bytes: mpsc::Receiver<Bytes>) -> Reply {
    Reply::stream(form.media_type(), bytes).download(&format!("{contact}.{}", form.word()))
}

/// What an export may be refused with.
pub(super) const REFUSED: [&Code; 8] = [
    &REVEAL_BUDGET_EXHAUSTED,
    &APPROVAL_MISMATCH,
    &APPROVAL_NOT_YOURS,
    &APPROVAL_OVER,
    &APPROVAL_PERSON_UNKNOWN,
    &APPROVAL_RACED,
    &APPROVAL_TOO_FEW,
    &APPROVAL_CHANGED,
];
