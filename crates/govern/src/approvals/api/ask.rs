//! `POST /v1/approvals`

use schemars::JsonSchema;
use sealpost_access::permissions::APPROVALS_ASK;
use sealpost_store::{ActorKind, Ctx, Environment};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::view::Waiting;
use super::{Api, accepted};
use crate::approvals::codes::{APPROVAL_IMPOSSIBLE, APPROVAL_PERSON_UNKNOWN};
use crate::approvals::model::Module;
use crate::approvals::service;
use crate::audit::TypedId;
use crate::masking::codes::LIVE_KEY_REQUIRED;
use crate::reason::Reason;

/// What only a signed-in member changes, and anybody may ask for.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ApprovalAskModule")]
enum OfMembers {
    /// What takes an approval, itself.
    ApprovalPolicy,
    /// A role of the organisation's own.
    Role,
    /// How long what is stored of messages.
    Storage,
}

impl From<OfMembers> for Module {
    fn from(of: OfMembers) -> Self {
        match of {
            OfMembers::ApprovalPolicy => Self::ApprovalPolicy,
            OfMembers::Role => Self::Role,
            OfMembers::Storage => Self::Storage,
        }
    }
}

/// What is wanted, and why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalAsk")]
struct Body {
    module: OfMembers,
    /// Which role; nothing for a new one, and where there is one of it.
    target: Option<TypedId>,
    /// The whole of it, as the module reads it.
    wanted: Value,
    /// Why: for whoever decides.
    reason: Reason,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/approvals")
        .needs(APPROVALS_ASK)
        .class(Class::Write)
        .acts("approval.request")
        .summary("Ask for what only a signed-in member changes")
        .describe(
            "For programs: roles, payload storage and the rules about approvals are decided by members, signed in and with a fresh passkey. \
             A key may ask. Whatever is asked for here waits, to less as to more; a key counts for the member who made it, so somebody else \
             agrees, and no key puts it into force (`409 approval_by_members`). Where the rules say nothing of the module, one other agrees \
             and a member puts it into force.",
        )
        .takes::<Body>()
        .answers::<Waiting>(202)
        .refuses(&[&APPROVAL_IMPOSSIBLE, &APPROVAL_PERSON_UNKNOWN, &LIVE_KEY_REQUIRED])
        .example(json!({
            "module": "approval_policy",
            "wanted": { "modules": { "masking": { "approvals": 1, "goes_live": "manual" } } },
            "reason": "Change 118, reviewed",
        }))
        .to(move |call: Call<Body>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Body>) -> Result<Reply, Failure> {
    let (call, Body { module, target, wanted, reason }) = call.take_body();
    may_ask(&call.ctx)?;
    let of = *api.all.find(module.into())?;
    let impossible = |place: &'static str, code: &'static str| Refusal::of(&APPROVAL_IMPOSSIBLE).at(place, code);
    if target.as_ref().is_some_and(|target| Some(&*target.kind) != of.of) {
        return Err(impossible("/target", "field_invalid").into());
    }
    let keys = api.house.keys().organisation(call.ctx.org.id).await?;
    call.write(&api.house, move |tx| {
        let asked = service::ask(tx, &keys, &of, target.map(|target| target.id), wanted, Some(&reason));
        let asked = asked.map_err(|failure| match failure {
            Failure::Refused(refusal) if refusal.code() != &APPROVAL_PERSON_UNKNOWN => {
                impossible("/wanted", refusal.code().code).into()
            }
            failure => failure,
        })?;
        let reply = accepted(asked.value())?;
        Ok(asked.map(|_| reply))
    })
    .await
}

/// Keys of the test environment are handed out with a lighter hand than what they would ask about here.
fn may_ask(ctx: &Ctx) -> Result<(), Refusal> {
    let lightly = ctx.actor.kind == ActorKind::Key && ctx.org.environment == Environment::Test;
    if lightly { Err(Refusal::of(&LIVE_KEY_REQUIRED)) } else { Ok(()) }
}
