//! `GET` and `PUT /v1/settings/approvals`

use schemars::JsonSchema;
use sealpost_access::permissions::{APPROVALS_MANAGE, APPROVALS_READ};
use sealpost_store::{StoreError, Time};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, put};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Api, accepted};
use crate::approvals::codes::{APPROVAL_PERSON_UNKNOWN, APPROVERS_TOO_FEW};
use crate::approvals::model::{Policy, Standing};
use crate::approvals::policy::{self, Outcome};
use crate::approvals::store;
use crate::reason::Reason;

/// What takes an approval, and since when.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApprovalSettings")]
struct View {
    #[serde(flatten)]
    policy: Policy,
    /// How often it was changed.
    version: u32,
    /// When it was changed last; nothing if never.
    changed_at: Option<Time>,
    /// What may take one, and what that is.
    available: Vec<Available>,
}

/// Something that may take an approval.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApprovableModule")]
struct Available {
    module: crate::approvals::Module,
    title: &'static str,
    /// What it changes.
    about: &'static str,
}

impl View {
    fn of(api: &Api, standing: &Standing) -> Self {
        let available = |one: &crate::approvals::Approvable| Available {
            module: one.module,
            title: one.module.title(),
            about: one.says,
        };
        Self {
            policy: standing.policy.clone(),
            version: standing.version,
            changed_at: standing.since,
            available: api.all.iter().map(available).collect(),
        }
    }
}

pub(super) fn show(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/settings/approvals")
        .needs(APPROVALS_READ)
        .class(Class::Read)
        .summary("Read what takes an approval")
        .answers::<View>(200)
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let standing = api.house.peek::<_, StoreError>(&call.ctx, store::standing).await?;
                Ok::<_, Failure>(Reply::ok(&View::of(&api, &standing))?)
            }
        })
}

/// What is to take an approval: the whole of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewApprovalSettings")]
struct Body {
    /// By the name of the module; whatever isn't there takes none.
    modules: std::collections::BTreeMap<crate::approvals::Module, crate::approvals::Rule>,
    /// Why.
    reason: Option<Reason>,
}

pub(super) fn change(api: &Api) -> Endpoint {
    let api = api.clone();
    put("/v1/settings/approvals")
        .needs(APPROVALS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("approval_policy.change")
        .summary("Decide what takes an approval")
        .describe(
            "For both environments. With `approval_policy` among them, the next change takes an approval itself: then the answer is `202` \
             with what waits. Whatever waits under the rules before ends in a conflict when somebody votes on it.",
        )
        .takes::<Body>()
        .answers::<View>(200)
        .also_answers(202, "application/json")
        .refuses(&[&APPROVAL_PERSON_UNKNOWN, &APPROVERS_TOO_FEW, &CHANGED_MEANWHILE])
        .example(json!({ "modules": { "masking": { "approvals": 1, "goes_live": "manual" } }, "reason": "Four eyes since the audit" }))
        .to(move |call: Call<Body>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Body>) -> Result<Reply, Failure> {
    let (call, Body { modules, reason }) = call.take_body();
    let keys = api.house.keys().organisation(call.ctx.org.id).await?;
    let within = api.clone();
    call.write(&api.house, move |tx| {
        let changed = policy::change(tx, &keys, Policy { modules }, reason.as_ref())?;
        let reply = match changed.value() {
            Outcome::InForce(standing) => Reply::ok(&View::of(&within, standing))?,
            Outcome::Waits(approval) => accepted(approval)?,
        };
        Ok(changed.map(|_| reply))
    })
    .await
}
