//! `POST /v1/contacts/{id}/export`

use schemars::JsonSchema;
use sealpost_access::permissions::CONTACTS_EXPORT;
use sealpost_govern::Reason;
use sealpost_govern::masking::codes::REVEAL_BUDGET_EXHAUSTED;
use sealpost_store::ContactId;
use sealpost_web::{Call, Class, Endpoint, Failure, Feature, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::model::{Document, Form};
use super::pages;
use super::service::Exports;

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
             and a PDF no end.",
        )
        .takes::<Body>()
        .answers::<Document>(200)
        .also_answers(200, Form::Pdf.media_type())
        .refuses(&[&REVEAL_BUDGET_EXHAUSTED])
        .example(json!({ "reason": "Asked what is held about them, ticket 4512", "form": "json" }))
        .to(move |call: Call<Body>| handle(exports.clone(), call))
}

async fn handle(exports: Exports, call: Call<Body>) -> Result<Reply, Failure> {
    let Body { reason, form } = &call.body;
    answer(&exports, &call, call.id("id")?, *form, reason).await
}

/// The export as a file, called by the person's id alone.
pub(super) async fn answer<B, Q>(
    exports: &Exports,
    call: &Call<B, Q>,
    contact: ContactId,
    form: Form,
    reason: &Reason,
) -> Result<Reply, Failure> {
    let bytes = exports.begin(&call.ctx, contact, form, reason).await?;
    Ok(Reply::stream(form.media_type(), bytes).download(&format!("{contact}.{}", form.word())))
}
