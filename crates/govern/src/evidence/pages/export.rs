//! `POST /app/{env}/evidence/export`

use sealpost_access::permissions::EVIDENCE_READ;
use sealpost_web::shell::Yes;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde_json::json;

use crate::audit::codes::EXPORT_LIVE_ONLY;
use crate::evidence::Evidence;
use crate::evidence::api::{ZIP, answer};

pub(super) fn export(evidence: &Evidence) -> Endpoint {
    let evidence = evidence.clone();
    post("/app/{env}/evidence/export")
        .needs(EVIDENCE_READ)
        .session()
        .class(Class::Whole)
        .acts("evidence.export")
        .summary("Save the evidence as a signed pack")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(200, ZIP)
        .lets_out("the pack of evidence: the record, settings without secrets, and the whole ledger, details sealed; each on record")
        .refuses(&[&EXPORT_LIVE_ONLY])
        .to(move |call| handle(evidence.clone(), call))
}

async fn handle(evidence: Evidence, call: Call<Yes>) -> Result<Reply, Failure> {
    answer(&evidence, &call).await
}
