//! `PUT /v1/members/{id}/role`

use schemars::JsonSchema;
use sealpost_store::{MemberId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, put};
use serde::Deserialize;
use serde_json::json;

use super::Api;
use crate::members::codes::{LAST_OWNER, ONESELF, OUTRANKED, OWNERS_ONLY, ROLE_EXCEEDS, ROLE_UNKNOWN};
use crate::members::role::{self, Outcome, TheirRole};
use crate::permissions::MEMBERS_MANAGE;
use crate::roles::RoleRef;

/// Which role a member has from now on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    /// One of ours, or the id of one of the organisation's own.
    role: RoleRef,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn route(api: Api) -> Endpoint {
    put("/v1/members/{id}/role")
        .needs(MEMBERS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("member.role")
        .summary("Give a member another role")
        .describe(
            "Signs them out everywhere: within a second no node believes what they could do before. Where a role that may more than theirs \
             takes an approval, the answer is `202` with what waits.",
        )
        .takes::<Body>()
        .example(json!({ "role": "agent" }))
        .answers_with(204, "")
        .also_answers(202, "application/json")
        .refuses(&[&LAST_OWNER, &ONESELF, &OUTRANKED, &OWNERS_ONLY, &ROLE_EXCEEDS, &ROLE_UNKNOWN])
        .to(move |call| change(api.clone(), call))
}

async fn change(api: Api, call: Call<Body>) -> Result<Reply, Failure> {
    let (id, role): (MemberId, _) = (call.id("id")?, call.body.role);
    let house = api.members.house();
    let keys = house.keys().organisation(call.ctx.org.id).await?;
    let (gate, to) = (api.gate, TheirRole { member: id, role });
    let act = move |tx: &mut Tx<'_>| {
        Ok(role::give(tx, &keys, gate, to, None)?.map(|outcome| match outcome {
            Outcome::InForce => Reply::empty(),
            Outcome::Waits(asked) => asked.reply,
        }))
    };
    let reply = call.write(house, act).await?;
    api.sessions.forget();
    Ok(reply)
}
