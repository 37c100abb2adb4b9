//! `GET /v1/ledger/export`

use sealpost_access::permissions::LEDGER_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::Api;
use crate::audit::codes::EXPORT_LIVE_ONLY;
use crate::audit::export::stream;
use crate::downloads::codes::DOWNLOAD_QUOTA_EXHAUSTED;

/// JSON Lines.
pub(in crate::audit) const LINES: &str = "application/jsonl";

pub(super) fn route(api: Api) -> Endpoint {
    get("/v1/ledger/export")
        .needs(LEDGER_READ)
        .class(Class::Whole)
        .acts("ledger.export")
        .summary("Export the whole ledger, to be verified elsewhere")
        .describe(
            "JSON Lines, as `sealpost ledger export` writes them: every leaf with its sealed details, every signed checkpoint right \
             behind the last leaf it covers. `sealpost ledger verify` proves the file without a server; one that was cut off has no \
             signed checkpoint at its end, and is not proven.",
        )
        .answers_with(200, LINES)
        .lets_out("the whole ledger, details sealed, within the quota of the day")
        .refuses(&[&EXPORT_LIVE_ONLY, &DOWNLOAD_QUOTA_EXHAUSTED])
        .to(move |call| export(api.clone(), call))
}

async fn export(api: Api, call: Call) -> Result<Reply, Failure> {
    let lines = stream(&api.house, &call.ctx).await?;
    Ok(Reply::stream(LINES, lines).download("ledger.jsonl"))
}
