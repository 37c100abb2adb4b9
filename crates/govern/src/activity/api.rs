//! `GET /v1/ledger/activity`

use schemars::JsonSchema;
use sealpost_access::permissions::LEDGER_READ;
use sealpost_store::{Store, Time};
use sealpost_web::problem::{Place, QUERY_INVALID, Wrong};
use sealpost_web::{Call, Class, Endpoint, Failure, Feature, Refusal, Reply, get};
use serde::{Deserialize, Serialize};

use super::live::live;
use super::model::{SLOT_MS, Span};
use super::service;
use crate::audit::{ActorWord, ResultWord};

/// The most steps of an answer.
const MOST_STEPS: i64 = 2_000;
/// A day, in hours.
const DAY: i64 = 24;

/// What this adds to the API.
pub fn feature(house: Store) -> Feature {
    Feature {
        name: "activity",
        about: "How often what was done when: counted from the ledger, a quarter hour at a time.",
        routes: vec![live(&house), route(house)],
        codes: &[],
    }
}

/// Which stretch of time, in which steps.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// How many hours back, 1 to 2160; 24 unless said otherwise.
    #[schemars(range(min = 1, max = 2160))]
    hours: Option<i64>,
    /// Minutes in a step: a multiple of 15; 60 unless said otherwise.
    #[schemars(range(min = 15, max = 1440), extend("multipleOf" = 15))]
    step_minutes: Option<i64>,
}

/// What was counted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LedgerActivity")]
struct ActivityView {
    /// When the first step begins.
    from: Time,
    /// When the last step ends.
    to: Time,
    /// Milliseconds in a step.
    step_ms: i64,
    /// Counts, oldest step first; what never happened is not there.
    data: Vec<CountView>,
}

/// How often something happened in a step.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ActivityCount")]
struct CountView {
    /// When the step begins.
    at: Time,
    /// What was done.
    action: String,
    /// By what kind of party.
    actor_kind: ActorWord,
    /// How it ended.
    result: ResultWord,
    /// How often.
    count: u64,
}

fn route(house: Store) -> Endpoint {
    get("/v1/ledger/activity")
        .needs(LEDGER_READ)
        .class(Class::Read)
        .summary("Count what the ledger holds, by time")
        .describe(
            "Counts of the key's own environment, a second behind the ledger at most; kept for 92 days. Numbers alone: they leave no \
             `ledger.read`.",
        )
        .queries::<Query>()
        .answers::<ActivityView>(200)
        .to(move |call: Call<(), Query>| handle(house.clone(), call))
}

async fn handle(house: Store, call: Call<(), Query>) -> Result<Reply, Failure> {
    let span = span(&call)?;
    let counts = service::tally(&house, &call.ctx, span, "").await?;
    let data = counts.into_iter().map(|one| CountView {
        at: span.begin(one.step),
        action: one.action,
        actor_kind: one.actor,
        result: one.result,
        count: one.count,
    });
    let (from, to, step_ms) = (span.from.begin(), span.to.begin(), span.step * SLOT_MS);
    Ok(Reply::ok(&ActivityView { from, to, step_ms, data: data.collect() })?)
}

fn span(call: &Call<(), Query>) -> Result<Span, Refusal> {
    let (hours, minutes) = (call.query.hours.unwrap_or(DAY), call.query.step_minutes.unwrap_or(60));
    if !(1..=90 * DAY).contains(&hours) {
        return Err(wrong("hours"));
    }
    if !(15..=1440).contains(&minutes) || minutes % 15 != 0 || hours * 60 / minutes > MOST_STEPS {
        return Err(wrong("step_minutes"));
    }
    Ok(Span::until(call.ctx.now(), (hours * 60 + minutes - 1) / minutes, minutes / 15))
}

fn wrong(parameter: &str) -> Refusal {
    Refusal::of(&QUERY_INVALID).wrong(Wrong { place: Place::Parameter(parameter.into()), code: "out_of_range".into() })
}
