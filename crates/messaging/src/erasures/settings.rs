//! The routes of what an organisation has decided about erasures.

use schemars::JsonSchema;
use sealpost_access::permissions::{CONTACTS_ERASE, ERASURES_READ};
use sealpost_store::Time;
use sealpost_web::problem::{BODY_INVALID, CHANGED_MEANWHILE};
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Refusal, Reply, get, put};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::policy::{self, MOST_DAYS, Policy};
use super::service::Erasures;

/// What holds for erasures.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ErasurePolicy")]
struct PolicyView {
    /// How often it was decided.
    version: u32,
    /// For how many days the keyed hash of an erased person's suppressed address is kept.
    suppression_days: u32,
    /// When it was decided last; nothing if never.
    changed_at: Option<Time>,
}

impl From<&Policy> for PolicyView {
    fn from(policy: &Policy) -> Self {
        Self { version: policy.version, suppression_days: policy.suppression_days, changed_at: policy.since }
    }
}

pub(super) fn show(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    get("/v1/settings/erasures")
        .needs(ERASURES_READ)
        .class(Class::Read)
        .summary("Read for how long suppressions of erased people are kept")
        .answers::<PolicyView>(200)
        .to(move |call: Call| {
            let erasures = erasures.clone();
            async move { Ok(Reply::ok(&PolicyView::from(&erasures.store.peek(&call.ctx, policy::standing).await?))?) }
        })
}

/// What shall hold.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewErasurePolicy")]
struct Body {
    /// For how many days, 0 to 3650. With 0 nothing of the address outlives the person.
    suppression_days: u32,
    /// The version this is decided on: if it isn't that any more, nothing changes.
    version: Option<u32>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

/// The days, if they are so many that may be.
pub(super) fn days(days: u32) -> Result<u32, Refusal> {
    if days <= MOST_DAYS { Ok(days) } else { Err(Refusal::of(&BODY_INVALID).at("/suppression_days", "out_of_range")) }
}

pub(super) fn change(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    put("/v1/settings/erasures")
        .needs(CONTACTS_ERASE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("erasure_policy.change")
        .summary("Decide for how long suppressions of erased people are kept")
        .describe(
            "For both environments, and for people who are erased from now on: what was promised on a certificate stays as it was.",
        )
        .takes::<Body>()
        .example(json!({ "suppression_days": 365 }))
        .answers::<PolicyView>(200)
        .refuses(&[&CHANGED_MEANWHILE])
        .to(move |call: Call<Body>| handle(erasures.clone(), call))
}

async fn handle(erasures: Erasures, call: Call<Body>) -> Result<Reply, Failure> {
    let (days, known) = (days(call.body.suppression_days)?, call.body.version);
    let keys = erasures.store.keys().organisation(call.ctx.org.id).await?;
    call.write(&erasures.store, move |tx| {
        let changed = policy::change(tx, &keys, days, known)?;
        let reply = Reply::ok(&PolicyView::from(changed.value()))?;
        Ok(changed.map(|_| reply))
    })
    .await
}
