//! `GET /v1/ledger/checkpoint`

use schemars::JsonSchema;
use sealpost_access::permissions::LEDGER_READ;
use sealpost_store::Time;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get};
use serde::Serialize;

use super::Api;
use crate::audit::codes::CHECKPOINT_PENDING;

/// The ledger's head, signed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LedgerCheckpoint")]
struct CheckpointView {
    /// The signed note (C2SP tlog-checkpoint): keep it, and nothing before it can be changed unnoticed.
    note: String,
    /// How many leaves it covers.
    size: u64,
    /// When it was signed.
    signed_at: Time,
    /// Which log it speaks of.
    origin: String,
    /// The key it verifies under. Whoever wants proof gets this by another way.
    verifier_key: String,
}

pub(super) fn route(api: Api) -> Endpoint {
    get("/v1/ledger/checkpoint")
        .needs(LEDGER_READ)
        .class(Class::Read)
        .summary("Show the ledger's signed head")
        .answers::<CheckpointView>(200)
        .refuses(&[&CHECKPOINT_PENDING])
        .to(move |call| checkpoint(api.clone(), call))
}

async fn checkpoint(api: Api, call: Call) -> Result<Reply, Failure> {
    let latest = api.house.ledger_checkpoint(&call.ctx).await?;
    let latest = latest.ok_or_else(|| Refusal::of(&CHECKPOINT_PENDING).retry_after(1))?;
    Ok(Reply::ok(&CheckpointView {
        note: latest.note,
        size: latest.size,
        signed_at: latest.at,
        origin: api.house.ledger_origin(call.ctx.org.id),
        verifier_key: api.house.verifier_key()?.to_string(),
    })?)
}
