//! `POST /v1/masking/preview`

use schemars::JsonSchema;
use sealpost_access::masking::{self, Rules};
use sealpost_access::permissions::MASKING_READ;
use sealpost_seal::viewer::MaskProfile;
use sealpost_web::{Call, Class, Endpoint, Failure, PermissionSet, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body::Mode;
use crate::masking::codes::MASKING_RULES_MISPLACED;
use crate::masking::structure;

/// A policy to try, and what to try it on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MaskingPreview")]
struct Body {
    /// What would be hidden.
    mode: Mode,
    /// For mode `patterns`.
    rules: Option<Rules>,
    /// A payload: a text, a number, or any structure of them.
    sample: Value,
}

/// What would be shown.
#[derive(Serialize, JsonSchema)]
struct Preview {
    /// The sample, as a reader without `data:reveal` would see it.
    shown: Value,
}

pub(super) fn preview() -> Endpoint {
    post("/v1/masking/preview")
        .needs(MASKING_READ)
        .class(Class::Read)
        .changes_nothing("a preview: neither the rules nor the sample are kept")
        .summary("See what a policy would hide")
        .describe("The sample is taken for the data of a message. Nothing is stored.")
        .takes::<Body>()
        .answers::<Preview>(200)
        .refuses(&[&MASKING_RULES_MISPLACED])
        .example(serde_json::json!({
            "mode": "patterns",
            "rules": [{ "name": "One-time code", "pattern": r"\b\d{6}\b" }],
            "sample": { "text": "417233 is your code", "shop": "Oslo" },
        }))
        .to(|call: Call<Body>| async move { handle(call) })
}

fn handle(call: Call<Body>) -> Result<Reply, Failure> {
    let Body { mode, rules, sample } = call.body;
    let viewer = masking::viewer(&mode.with(rules)?, PermissionSet::EMPTY, MaskProfile::Full);
    Ok(Reply::ok(&Preview { shown: structure(&viewer, sample) })?)
}
