//! `POST /v1/events/{id}/versions/{version}/promote`, `GET /v1/events/{id}/diff`, `POST /v1/events/{id}/promote-to-live`

use schemars::JsonSchema;
use sealpost_access::permissions::{EVENTS_READ, EVENTS_WRITE};
use sealpost_govern::approvals::{self, Line};
use sealpost_store::Environment;
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Reply, get, post};
use serde::Serialize;

use super::EventView;
use crate::events::codes::{CHANNEL_UNSUITABLE, EVENT_EXISTS, TEMPLATE_UNKNOWN};
use crate::events::{Difference, Events, crossing, promotion};
use crate::templates::codes::TEMPLATE_EXISTS;
use crate::versions::codes::TEMPLATE_FIRST;
use crate::versions::{
    ContentDigest, DiffQuery, GO_LIVE_REFUSES, GoLiveBody, PROMOTE_REFUSES, PromoteBody, Promoted, expected,
};

pub(super) fn routes(events: &Events) -> Vec<Endpoint> {
    vec![promote(events), diff(events), go_live(events)]
}

fn promote(events: &Events) -> Endpoint {
    let events = events.clone();
    post("/v1/events/{id}/versions/{version}/promote")
        .needs(EVENTS_WRITE)
        .class(Limit::Write)
        .acts("event.promote")
        .summary("Put a version of an event into force")
        .describe(
            "A draft, or an older one: that is going back. Say with `If-Match` or `expected_version` what you believe is in force. In live, \
             where events take an approval, a version that was never in force waits for one: then the answer is `202` with what waits.",
        )
        .takes::<PromoteBody>()
        .answers::<EventView>(200)
        .also_answers(202, "application/json")
        .refuses(&PROMOTE_REFUSES)
        .refuses(&[&TEMPLATE_FIRST])
        .example(serde_json::json!({}))
        .to(move |call: Call<PromoteBody>| handle_promote(events.clone(), call))
}

async fn handle_promote(events: Events, call: Call<PromoteBody>) -> Result<Reply, Failure> {
    let (id, version, expected) = (call.id("id")?, call.id("version")?, expected(&call));
    let (keys, environment) = (events.store().keys().organisation(call.ctx.org.id).await?, call.ctx.org.environment);
    let reply = call
        .write(events.store(), move |tx| {
            let promoted = promotion::promote(tx, &keys, id, version, &expected)?;
            let reply = match promoted.value() {
                Promoted::Waits(approval) => approvals::accepted(approval)?,
                Promoted::InForce(event) => {
                    Reply::ok(&EventView::of(environment, event))?.version(&event.standing().tag())
                }
            };
            Ok(promoted.map(|_| reply))
        })
        .await?;
    events.changed(&call.ctx);
    Ok(reply)
}

/// What differs between two versions of an event.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventDiff")]
struct DiffView {
    /// The version before.
    from: u32,
    /// The version after.
    to: u32,
    /// The digest of the one before.
    from_digest: ContentDigest,
    /// The digest of the one after.
    to_digest: ContentDigest,
    /// Field by field.
    fields: Vec<Line>,
}

impl From<Difference> for DiffView {
    fn from(Difference { from, to, fields }: Difference) -> Self {
        Self { from: from.0, to: to.0, from_digest: from.1, to_digest: to.1, fields }
    }
}

fn diff(events: &Events) -> Endpoint {
    let events = events.clone();
    get("/v1/events/{id}/diff")
        .needs(EVENTS_READ)
        .class(Limit::Read)
        .summary("Compare two versions of an event")
        .describe("The one in force with the newest, unless you say otherwise.")
        .queries::<DiffQuery>()
        .answers::<DiffView>(200)
        .to(move |call: Call<(), DiffQuery>| {
            let events = events.clone();
            async move {
                let DiffQuery { from, to } = call.query;
                let difference = events.difference(&call.ctx, call.id("id")?, from, to).await?;
                Ok(Reply::ok(&DiffView::from(difference))?)
            }
        })
}

fn go_live(events: &Events) -> Endpoint {
    let events = events.clone();
    post("/v1/events/{id}/promote-to-live")
        .needs(EVENTS_WRITE)
        .session()
        .class(Limit::Write)
        .acts("event.go_live")
        .summary("Take an event from test to live, with its template")
        .describe(
            "In the live environment the event of the same name, made if it isn't there, gets this version, in force at once. The template \
             it names goes along, byte for byte, unless live says the same already; its channel is the one of the same name. All in one \
             transaction. Takes a signed-in member, who holds a role in both environments: a key belongs to one. Where events take an \
             approval the answer is `202` with what waits; where templates do, what the template says goes live first (`template_first`).",
        )
        .takes::<GoLiveBody>()
        .answers::<EventView>(200)
        .also_answers(202, "application/json")
        .refuses(&GO_LIVE_REFUSES)
        .refuses(&[&TEMPLATE_FIRST, &TEMPLATE_UNKNOWN, &CHANNEL_UNSUITABLE, &EVENT_EXISTS, &TEMPLATE_EXISTS])
        .example(serde_json::json!({ "version": 1 }))
        .to(move |call: Call<GoLiveBody>| handle_go_live(events.clone(), call))
}

async fn handle_go_live(events: Events, call: Call<GoLiveBody>) -> Result<Reply, Failure> {
    let (id, version) = (call.id("id")?, call.body.version);
    let keys = events.store().keys().organisation(call.ctx.org.id).await?;
    let reply = call
        .write(events.store(), move |tx| {
            let promoted = crossing::go_live(tx, &keys, id, version)?;
            let reply = match promoted.value() {
                Promoted::Waits(approval) => approvals::accepted(approval)?,
                Promoted::InForce(live) => Reply::ok(&EventView::of(Environment::Live, live))?,
            };
            Ok(promoted.map(|_| reply))
        })
        .await?;
    events.live_changed(&call.ctx);
    Ok(reply)
}
