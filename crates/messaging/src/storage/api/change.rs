//! `PATCH /v1/settings/storage`

use schemars::JsonSchema;
use sealpost_access::permissions::STORAGE_MANAGE;
use sealpost_govern::Reason;
use sealpost_govern::approvals::accepted;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_govern::masking::codes::REASON_REQUIRED;
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, patch};
use serde::Deserialize;
use serde_json::json;

use super::body::PolicyView;
use crate::storage::Storage;
use crate::storage::codes::STORAGE_TEST_LOOSER;
use crate::storage::rules::{ByClassChange, PolicyChange};
use crate::storage::service::{self, Outcome};

/// Rules that shall be different; what isn't named stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StorageChange")]
struct Body {
    /// In the live environment. Where it becomes stricter than the test environment, that follows.
    #[serde(default)]
    live: ByClassChange,
    /// In the test environment: never more than in the live one.
    #[serde(default)]
    test: ByClassChange,
    /// The version that was looked at: if it is another by now, nothing is changed.
    version: Option<u32>,
    /// Why. Needed if more is stored than before, or for longer.
    reason: Option<Reason>,
}

pub(super) fn route(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    patch("/v1/settings/storage")
        .needs(STORAGE_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("storage.change")
        .summary("Change how long what is stored")
        .describe(
            "For messages accepted from now on, within a second on every node; `days` also for what is stored already. What is to be \
             gone of a class that isn't kept any more goes by a purge. Storing more than before, or for longer, takes a reason and, \
             where the organisation says so, an approval: then the answer is `202` with what waits. What held before and what holds now are \
             in the ledger.",
        )
        .takes::<Body>()
        .answers::<PolicyView>(200)
        .also_answers(202, "application/json")
        .refuses(&[&APPROVAL_PERSON_UNKNOWN, &CHANGED_MEANWHILE, &REASON_REQUIRED, &STORAGE_TEST_LOOSER])
        .example(json!({ "live": { "marketing": { "mode": "keep", "days": 365 } }, "reason": "Quarterly review" }))
        .to(move |call: Call<Body>| handle(storage.clone(), call))
}

async fn handle(storage: Storage, mut call: Call<Body>) -> Result<Reply, Failure> {
    let keys = storage.store.keys().organisation(call.ctx.org.id).await?;
    let Body { live, test, version, .. } = call.body;
    let (change, reason) = (PolicyChange { live, test }, call.body.reason.take());
    let purges = storage.purges(&call.ctx).await?;
    call.write(&storage.store, move |tx| {
        let changed = service::change(tx, &keys, &change, version, reason.as_ref())?;
        let reply = match changed.value() {
            Outcome::InForce(standing) => Reply::ok(&PolicyView::of(standing, &purges))?,
            Outcome::Waits(approval) => accepted(approval)?,
        };
        Ok(changed.map(|_| reply))
    })
    .await
}
