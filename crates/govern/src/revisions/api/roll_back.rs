//! `POST /v1/revisions/{id}/roll-back`

use schemars::JsonSchema;
use sealpost_access::members::codes::{LAST_OWNER, ONESELF, OUTRANKED, OWNERS_ONLY, ROLE_EXCEEDS, ROLE_UNKNOWN};
use sealpost_access::permissions::SECURITY_MANAGE;
use sealpost_access::roles::codes::{OWN_ROLE, ROLE_NAME_TAKEN};
use sealpost_store::RevisionId;
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Class, Code, Endpoint, Failure, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Api;
use crate::approvals;
use crate::approvals::codes::{APPROVAL_PERSON_UNKNOWN, APPROVERS_TOO_FEW};
use crate::masking::codes::MASKING_RACED;
use crate::reason::Reason;
use crate::revisions::codes::{REVISION_IN_FORCE, REVISION_UNKNOWN};
use crate::revisions::service;
use crate::security::Turned;

/// Why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RollBack")]
struct Body {
    /// It is on the record.
    reason: Reason,
}

/// It is in force again.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RolledBack")]
struct Done {
    /// What was gone back to.
    revision_id: RevisionId,
}

/// What going back may be refused with.
pub(in crate::revisions) const OF_ROLL_BACKS: [&Code; 14] = [
    &APPROVAL_PERSON_UNKNOWN,
    &APPROVERS_TOO_FEW,
    &CHANGED_MEANWHILE,
    &MASKING_RACED,
    &OWN_ROLE,
    &LAST_OWNER,
    &ONESELF,
    &OUTRANKED,
    &OWNERS_ONLY,
    &ROLE_EXCEEDS,
    &ROLE_UNKNOWN,
    &ROLE_NAME_TAKEN,
    &REVISION_IN_FORCE,
    &REVISION_UNKNOWN,
];

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/revisions/{id}/roll-back")
        .needs(SECURITY_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("revision.roll_back")
        .summary("Change a setting to what it said")
        .describe(
            "By the function by which the setting is changed at all: it leaves that leaf, too (`masking.change`, `storage.change`, \
             `approval_policy.change`, `role.update`, `member.role`, `networks.change`), and a revision of its own. Where the change takes an approval, the answer is `202` with what waits.",
        )
        .takes::<Body>()
        .answers::<Done>(200)
        .also_answers(202, "application/json")
        .refuses(&OF_ROLL_BACKS)
        .example(json!({ "reason": "The migration is over" }))
        .to(move |call: Call<Body>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Body>) -> Result<Reply, Failure> {
    let id: RevisionId = call.id("id")?;
    let (call, Body { reason }) = call.take_body();
    let (keys, all) = (api.house.keys().organisation(call.ctx.org.id).await?, api.all.clone());
    call.write(&api.house, move |tx| {
        let turned = service::roll_back(tx, &keys, &all, id, &reason)?;
        let reply = match *turned.value() {
            Turned::Done => Reply::ok(&Done { revision_id: id })?,
            Turned::Waits(approval) => approvals::accepted(&approvals::show(tx, &keys, approval)?)?,
        };
        Ok(turned.map(|_| reply))
    })
    .await
}
