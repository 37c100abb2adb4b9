//! `POST /v1/approvals/{id}/signature/options`: what a passkey signs of a vote.

use schemars::JsonSchema;
use sealpost_access::passkeys::{AssertionBody, JudgedSignature, RequestView};
use sealpost_access::permissions::APPROVALS_VOTE;
use sealpost_store::ApprovalId;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Api;
use crate::approvals::codes::APPROVAL_CHANGED;
use crate::approvals::digest::Digest;
use crate::approvals::model::Says;
use crate::approvals::service;

/// A vote that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SignedVoteWord")]
pub(in crate::approvals) enum Signed {
    /// Yes.
    Approve,
    /// It can't wait for others.
    Emergency,
}

impl Signed {
    pub(in crate::approvals) const fn says(self) -> Says {
        match self {
            Self::Approve => Says::Approve,
            Self::Emergency => Says::Emergency,
        }
    }
}

/// What is to be signed.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VoteToSign")]
pub(in crate::approvals) struct Body {
    /// What somebody is about to say.
    pub(in crate::approvals) says: Signed,
    /// About which digest.
    pub(in crate::approvals) digest: Digest,
}

pub(super) fn options(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/approvals/{id}/signature/options")
        .needs(APPROVALS_VOTE)
        .session()
        .class(Class::Read)
        .changes_nothing("a challenge is stored by nobody but who answers it")
        .summary("Ask what a passkey is to sign of a vote")
        .describe(
            "The challenge ends with `SHA-256(\"sealpost vote v1\\n\" ‖ length of the word, 8 bytes ‖ the word ‖ id, 16 bytes ‖ digest, 32 \
             bytes)`. Its answer goes into `signature` of the vote, and, before that, to `/v1/me/proof` if it is to be the proof, too.",
        )
        .takes::<Body>()
        .answers::<RequestView>(200)
        .refuses(&[&APPROVAL_CHANGED])
        .example(json!({ "says": "approve", "digest": "0".repeat(64) }))
        .to(move |call: Call<Body>| {
            let api = api.clone();
            async move {
                let (id, Body { says, digest }): (ApprovalId, _) = (call.id("id")?, call.body);
                let keys = api.house.keys().organisation(call.ctx.org.id).await?;
                let found = api.house.read::<_, Failure>(&call.ctx, move |tx| service::show(tx, &keys, id)).await?;
                if found.digest() != digest {
                    return Err(Refusal::of(&APPROVAL_CHANGED).into());
                }
                let what = says.says().signed(id, digest);
                let options = api.passkeys.signature_options(&call.ctx, call.csrf_token(), &what).await?;
                Ok(Reply::ok(&RequestView::from(options))?)
            }
        })
}

/// Judges what was signed of a vote.
pub(in crate::approvals) async fn judge<B, Q>(
    api: &Api,
    call: &Call<B, Q>,
    (says, id, digest): (Says, ApprovalId, Digest),
    signature: Option<AssertionBody>,
) -> Result<Option<JudgedSignature>, Failure> {
    let Some(signature) = signature else { return Ok(None) };
    let what = says.signed(id, digest);
    Ok(Some(api.passkeys.signature(&call.ctx, call.csrf_token(), &what, signature.answer()).await?))
}
