//! `POST /v1/ledger/verify`

use schemars::JsonSchema;
use sealpost_access::permissions::LEDGER_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::Serialize;

use super::Api;
use crate::audit::codes::LEDGER_TOO_LONG;

/// What reading the whole ledger again came to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LedgerVerification")]
struct VerificationView {
    /// Whether every leaf is as it was recorded.
    proven: bool,
    /// Leaves that were read.
    leaves: u64,
    /// Signed checkpoints that matched.
    checkpoints: u64,
    /// The root in the last of them: 64 hexadecimal digits.
    root: Option<String>,
    /// Leaves whose details were deleted; the leaves themselves are proven.
    pruned_contents: u64,
    /// The first thing that is wrong.
    finding: Option<FindingView>,
}

/// Something that is wrong with the ledger.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LedgerFinding")]
struct FindingView {
    /// The first leaf that can't be relied on.
    seq: u64,
    /// What is wrong.
    says: String,
}

pub(super) fn route(api: Api) -> Endpoint {
    post("/v1/ledger/verify")
        .needs(LEDGER_READ)
        .class(Class::Whole)
        .acts("ledger.verify")
        .summary("Verify the whole ledger where it is")
        .describe(
            "Reads and hashes every leaf again and compares every signed checkpoint with what that comes to. Whoever has the database \
             and the signing key can still show another history: against that, keep checkpoints elsewhere and verify an export.",
        )
        .answers::<VerificationView>(200)
        .refuses(&[&LEDGER_TOO_LONG])
        .to(move |call| verify(api.clone(), call))
}

async fn verify(api: Api, call: Call) -> Result<Reply, Failure> {
    let view = match api.verify(&call.ctx).await? {
        Ok(report) => VerificationView {
            proven: true,
            leaves: report.leaves,
            checkpoints: report.checkpoints,
            root: Some(report.root.to_hex()),
            pruned_contents: report.pruned_contents,
            finding: None,
        },
        Err(finding) => VerificationView {
            proven: false,
            leaves: finding.seq,
            checkpoints: 0,
            root: None,
            pruned_contents: 0,
            finding: Some(FindingView { seq: finding.seq, says: finding.kind.to_string() }),
        },
    };
    Ok(Reply::ok(&view)?)
}
