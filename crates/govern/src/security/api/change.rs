//! `PATCH /v1/settings/security`

use schemars::JsonSchema;
use sealpost_access::permissions::SECURITY_MANAGE;
use sealpost_store::ApprovalId;
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, patch};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Api;
use crate::reason::Reason;
use crate::security::codes::{SWITCH_ALWAYS_ON, SWITCH_UNAVAILABLE};
use crate::security::service;
use crate::security::switch::Turned;

/// The switches to turn, each with what it shall be; the others stay.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecurityChanges")]
struct Body {
    /// `mode`, `rules`, `test`, `reveals_per_day`: what isn't there stays. `test` has a mode of its own: `as_live`, or one that hides
    /// no less than live.
    masking: Option<Value>,
    /// `live`, `test`: for each class its `mode` and `days`; what isn't there stays.
    payload_storage: Option<Value>,
    /// `modules`: for each that takes an approval how many, of which roles, and when it goes live; whatever isn't there takes none.
    approvals: Option<Value>,
    /// Always on.
    secure_endpoints: Option<Value>,
    /// Where files are kept.
    secure_media: Option<Value>,
    /// `details_days`: for how many days details of the ledger are kept, 30 to 3650.
    ledger: Option<Value>,
    /// Why. Needed if less is protected than before.
    reason: Option<Reason>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

/// What was turned.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecurityChanged")]
struct Changed {
    /// The names of the switches.
    changed: Vec<&'static str>,
    /// Those that wait until others have agreed.
    waiting: Vec<WaitingSwitch>,
}

/// A switch that waits.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WaitingSwitch")]
struct WaitingSwitch {
    /// Its name.
    name: &'static str,
    /// For this.
    approval_id: ApprovalId,
}

impl Changed {
    fn of(turned: &[(&'static str, Turned)]) -> Self {
        let mut all = Self { changed: Vec::new(), waiting: Vec::new() };
        for (name, turned) in turned {
            match turned {
                Turned::Done => all.changed.push(name),
                Turned::Waits(approval_id) => all.waiting.push(WaitingSwitch { name, approval_id: *approval_id }),
            }
        }
        all
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    patch("/v1/settings/security")
        .needs(SECURITY_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("security.change")
        .summary("Change security settings")
        .describe(
            "For both environments, within a second, on every node: all of what is asked for, or nothing. Each switch leaves a leaf of \
             its own with what was and what is: `masking.change`, `storage.change`, `approval_policy.change`, `security.change` for the \
             ledger. What takes an approval waits (`202`) and leaves `approval.request`.",
        )
        .takes::<Body>()
        .answers::<Changed>(200)
        .also_answers(202, "application/json")
        .refuses(&[&SWITCH_ALWAYS_ON, &SWITCH_UNAVAILABLE, &CHANGED_MEANWHILE])
        .refuses(&api.switches.refuses())
        .example(json!({ "ledger": { "details_days": 90 }, "reason": "Retention schedule 2026" }))
        .to(move |call: Call<Body>| handle(api.clone(), call))
}

async fn handle(api: Api, mut call: Call<Body>) -> Result<Reply, Failure> {
    let keys = api.house.keys().organisation(call.ctx.org.id).await?;
    let (wanted, reason) = (call.body.wanted(), call.body.reason.take());
    let switches = api.switches.clone();
    call.write(&api.house, move |tx| {
        let done = service::change(tx, &keys, &switches, wanted, reason.as_ref())?;
        let changed = Changed::of(done.value());
        let reply = Reply::json(if changed.waiting.is_empty() { 200 } else { 202 }, &changed)?;
        Ok(done.map(|_| reply))
    })
    .await
}

impl Body {
    fn wanted(&mut self) -> Vec<(&'static str, Value)> {
        let all = [
            ("masking", &mut self.masking),
            ("payload_storage", &mut self.payload_storage),
            ("approvals", &mut self.approvals),
            ("secure_endpoints", &mut self.secure_endpoints),
            ("secure_media", &mut self.secure_media),
            ("ledger", &mut self.ledger),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.take()?))).collect()
    }
}
