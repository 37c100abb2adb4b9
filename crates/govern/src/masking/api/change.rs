//! `PUT /v1/masking`

use schemars::JsonSchema;
use sealpost_access::masking::{self, DailyReveals, Policy, Rules};
use sealpost_access::permissions::MASKING_WRITE;
use sealpost_store::{Environment, Store};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, put};
use serde::Deserialize;

use super::body::{InTest, Mode, PolicyView};
use crate::approvals;
use crate::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use crate::masking::codes::{
    LIVE_KEY_REQUIRED, MASKING_RACED, MASKING_RULES_MISPLACED, REASON_REQUIRED, TEST_LOOSER_THAN_LIVE,
};
use crate::masking::service::{self, Outcome};
use crate::reason::Reason;

/// The whole policy, as it shall be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewMaskingPolicy")]
struct Body {
    /// What is hidden.
    mode: Mode,
    /// For mode `patterns`.
    rules: Option<Rules>,
    /// What is hidden in the test environment, if that is more; the same as in live unless said otherwise.
    test: Option<InTest>,
    /// How many looks at clear data one key has in a day (UTC); 200 unless said otherwise.
    #[serde(default)]
    reveals_per_day: DailyReveals,
    /// The version that was looked at: if it is another by now, nothing is changed.
    version: Option<u32>,
    /// Why. Needed if more is shown than before, or may be looked at more often.
    reason: Option<Reason>,
}

pub(super) fn change(store: &Store) -> Endpoint {
    let store = store.clone();
    put("/v1/masking")
        .needs(MASKING_WRITE)
        .step_up()
        .class(Class::Write)
        .acts("masking.change")
        .summary("Change what is masked")
        .describe(
            "In force for both environments within a second, on every node, for what is there already, too. Takes a live key. A \
             weaker policy (another mode than `default`, fewer rules, more looks) takes a reason and, where the organisation says \
             so, an approval: then the answer is `202` with what waits. The old and the new one are in the ledger.",
        )
        .takes::<Body>()
        .answers::<PolicyView>(200)
        .also_answers(202, "application/json")
        .refuses(&[
            &APPROVAL_PERSON_UNKNOWN,
            &CHANGED_MEANWHILE,
            &LIVE_KEY_REQUIRED,
            &MASKING_RACED,
            &MASKING_RULES_MISPLACED,
            &REASON_REQUIRED,
            &TEST_LOOSER_THAN_LIVE,
        ])
        .example(serde_json::json!({ "mode": "default", "reveals_per_day": 200, "reason": "Quarterly review" }))
        .to(move |call: Call<Body>| handle(store.clone(), call))
}

async fn handle(store: Store, mut call: Call<Body>) -> Result<Reply, Failure> {
    // Keys of the test environment are handed out with a lighter hand than what they would decide about here.
    if call.ctx.org.environment != Environment::Live {
        return Err(Refusal::of(&LIVE_KEY_REQUIRED).into());
    }
    let masking = call.body.mode.with(call.body.rules.take())?;
    let test = call.body.test.take().map(InTest::masking).transpose().map_err(|refusal| refusal.below("/test"))?;
    let policy = Policy { masking, test, reveals: call.body.reveals_per_day };
    let (keys, reason) = (store.keys().organisation(call.ctx.org.id).await?, call.body.reason.take());
    let looked_at = call.body.version;
    call.write(&store, move |tx| {
        if let Some(version) = looked_at
            && version != masking::standing(tx, &keys)?.version
        {
            return Err(Refusal::of(&CHANGED_MEANWHILE).into());
        }
        let changed = service::change(tx, &keys, policy, reason.as_ref())?;
        let reply = match changed.value() {
            Outcome::InForce(standing) => Reply::ok(&PolicyView::from(standing))?,
            Outcome::Waits(approval) => approvals::accepted(approval)?,
        };
        Ok(changed.map(|_| reply))
    })
    .await
}
