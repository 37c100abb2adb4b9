//! The routes of the evidence.

use schemars::JsonSchema;
use sealpost_access::permissions::EVIDENCE_READ;
use sealpost_store::Environment;
use sealpost_web::{Call, Class, Endpoint, Failure, Fault, Feature, Refusal, Reply, get, post};
use serde::Serialize;

use super::{Control, Evidence, Record, pack, pages};
use crate::audit::codes::EXPORT_LIVE_ONLY;

/// A pack.
pub(super) const ZIP: &str = "application/zip";

/// What the evidence adds to the API.
pub fn feature(evidence: &Evidence) -> Feature {
    Feature {
        name: "evidence",
        about: "The record of processing and the controls as they stand, and both with the ledger as a signed pack.",
        routes: vec![record(evidence), controls(evidence), export(evidence)]
            .into_iter()
            .chain(pages::routes(evidence))
            .collect(),
        codes: &[],
    }
}

fn record(evidence: &Evidence) -> Endpoint {
    let evidence = evidence.clone();
    get("/v1/evidence/processing-record")
        .needs(EVIDENCE_READ)
        .class(Class::Read)
        .summary("Read the record of processing")
        .describe("GDPR Art. 30, made when it is asked for: from the schema, the settings and whoever is configured.")
        .answers::<Record>(200)
        .to(move |call: Call| {
            let evidence = evidence.clone();
            async move { Ok(Reply::ok(&evidence.record(&call.ctx).await?)?) }
        })
}

/// Controls with what proves them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ControlMap")]
struct Controls {
    /// The controls, by framework.
    controls: Vec<Control>,
}

fn controls(evidence: &Evidence) -> Endpoint {
    let evidence = evidence.clone();
    get("/v1/evidence/controls")
        .needs(EVIDENCE_READ)
        .class(Class::Read)
        .summary("Read controls with what proves them")
        .describe("Each with tests that hold before a version is made, and readings of how things stand right now.")
        .answers::<Controls>(200)
        .to(move |call: Call| {
            let evidence = evidence.clone();
            async move { Ok(Reply::ok(&Controls { controls: evidence.controls(&call.ctx).await? })?) }
        })
}

fn export(evidence: &Evidence) -> Endpoint {
    let evidence = evidence.clone();
    post("/v1/evidence")
        .needs(EVIDENCE_READ)
        .class(Class::Whole)
        .acts("evidence.export")
        .summary("Make a signed pack of the evidence")
        .describe(
            "A zip file: the record, the controls, the settings without secrets, what it is made of, and the whole ledger, under one \
             signed list of digests. `sealpost evidence verify` checks it offline; one that was cut off has no list, and proves \
             nothing. It holds both environments, so it takes the live one.",
        )
        .answers_with(200, ZIP)
        .lets_out("the pack of evidence: the record, settings without secrets, and the whole ledger, details sealed; each on record")
        .refuses(&[&EXPORT_LIVE_ONLY])
        .to(move |call: Call| {
            let evidence = evidence.clone();
            async move { answer(&evidence, &call).await }
        })
}

/// The pack as a file.
pub(super) async fn answer<B, Q>(evidence: &Evidence, call: &Call<B, Q>) -> Result<Reply, Failure> {
    if call.ctx.org.environment != Environment::Live {
        return Err(Refusal::of(&EXPORT_LIVE_ONLY).into());
    }
    let bytes = pack::stream(evidence, &call.ctx).await.map_err(Fault::new)?;
    Ok(Reply::stream(ZIP, bytes).download("evidence.zip"))
}
