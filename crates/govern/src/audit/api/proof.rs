//! `GET /v1/ledger/proof`

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use sealpost_access::permissions::LEDGER_READ;
use sealpost_ledger::Hash;
use sealpost_store::Ctx;
use sealpost_web::problem::{Place, QUERY_INVALID, Wrong};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get};
use serde::{Deserialize, Serialize};

use super::Api;
use crate::audit::codes::{CHECKPOINT_PENDING, PROOF_OUT_OF_RANGE};
use crate::audit::service;

/// What to prove: that a leaf is in the tree (`seq`, and `size` unless the newest checkpoint's is meant), or that one size of
/// the tree is the beginning of another (`from` and `to`).
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProofQuery {
    /// The leaf's position.
    seq: Option<u64>,
    /// The size of the tree it is proven to be in.
    size: Option<u64>,
    /// The older size.
    from: Option<u64>,
    /// The newer size.
    to: Option<u64>,
}

enum Wanted {
    Inclusion { seq: u64, size: Option<u64> },
    Consistency { from: u64, to: u64 },
}

/// A proof, to be checked against the roots in signed checkpoints (RFC 9162 §2.1.3.2 and §2.1.4.2).
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[schemars(rename = "LedgerProof")]
enum ProofView {
    /// A leaf is in the tree.
    Inclusion {
        /// The leaf's position.
        seq: u64,
        /// The size of the tree.
        size: u64,
        /// The leaf's canonical bytes in base64; absent if the caller may not see the leaf.
        leaf: Option<String>,
        /// Its hash, 64 hexadecimal digits.
        leaf_hash: String,
        /// The siblings from the leaf up, each 64 hexadecimal digits.
        proof: Vec<String>,
        /// The signed note over this size, if there is one.
        checkpoint: Option<String>,
    },
    /// One size of the tree is the beginning of another.
    Consistency {
        /// The older size.
        from: u64,
        /// The newer size.
        to: u64,
        /// The hashes, each 64 hexadecimal digits.
        proof: Vec<String>,
    },
}

pub(super) fn route(api: Api) -> Endpoint {
    get("/v1/ledger/proof")
        .needs(LEDGER_READ)
        .class(Class::Read)
        .acts("ledger.read")
        .summary("Prove what is in the ledger")
        .describe(
            "With `seq`, that a leaf is in the tree; with `from` and `to`, that nothing of the older tree was changed. Showing a leaf \
             leaves `ledger.read`, at most once a minute for each key.",
        )
        .queries::<ProofQuery>()
        .answers::<ProofView>(200)
        .refuses(&[&CHECKPOINT_PENDING, &PROOF_OUT_OF_RANGE])
        .to(move |call| proof(api.clone(), call))
}

async fn proof(api: Api, call: Call<(), ProofQuery>) -> Result<Reply, Failure> {
    let view = match wanted(&call.query)? {
        Wanted::Inclusion { seq, size } => inclusion(&api, &call.ctx, seq, size).await?,
        Wanted::Consistency { from, to } => {
            let found = service::consistency(&api.house, &call.ctx, from, to).await?;
            let found = found.ok_or(&PROOF_OUT_OF_RANGE).map_err(Refusal::of)?;
            ProofView::Consistency { from, to, proof: hex(&found.proof) }
        }
    };
    Ok(Reply::ok(&view)?)
}

async fn inclusion(api: &Api, ctx: &Ctx, seq: u64, size: Option<u64>) -> Result<ProofView, Failure> {
    let size = match size {
        Some(size) => size,
        None => api.house.ledger_checkpoint(ctx).await?.ok_or(&CHECKPOINT_PENDING).map_err(Refusal::of)?.size,
    };
    let found = service::inclusion(&api.house, ctx, seq, size).await?;
    let found = found.ok_or(&PROOF_OUT_OF_RANGE).map_err(Refusal::of)?;
    if found.leaf.is_some() {
        api.record(ctx).await?;
    }
    let signed = api.house.ledger_checkpoints(ctx, size, 1).await?.into_iter().find(|row| row.size == size);
    Ok(ProofView::Inclusion {
        seq,
        size,
        leaf: found.leaf.map(|leaf| STANDARD.encode(leaf)),
        leaf_hash: found.leaf_hash.to_hex(),
        proof: hex(&found.proof),
        checkpoint: signed.map(|row| row.note),
    })
}

fn wanted(query: &ProofQuery) -> Result<Wanted, Refusal> {
    match (query.seq, query.size, query.from, query.to) {
        (Some(seq), size, None, None) => Ok(Wanted::Inclusion { seq, size }),
        (None, None, Some(from), Some(to)) => Ok(Wanted::Consistency { from, to }),
        (None, _, None, None) => Err(wrong("seq")),
        (None, None, Some(_), None) => Err(wrong("to")),
        (None, None, None, Some(_)) => Err(wrong("from")),
        (Some(_), ..) | (None, Some(_), ..) => {
            Err(wrong("from").detail("Ask for a leaf or for two sizes, not for both."))
        }
    }
}

fn wrong(parameter: &str) -> Refusal {
    let place = Place::Parameter(parameter.into());
    Refusal::of(&QUERY_INVALID).wrong(Wrong { place, code: "combination_invalid".into() })
}

fn hex(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_hex).collect()
}
