//! `GET /v1/messages/figures`

use schemars::JsonSchema;
use sealpost_access::permissions::MESSAGES_READ;
use sealpost_govern::activity::{Ages, SLOT_MS, Span};
use sealpost_store::Time;
use sealpost_web::problem::{Place, QUERY_INVALID, Wrong};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get};
use serde::{Deserialize, Serialize};

use crate::messages::Messages;
use crate::messages::figures::Figure;

/// Quarter hours in an hour.
const HOUR: i64 = 4;

/// Which stretch of time.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// How many hours back, 1 to 2160; 24 unless said otherwise. Steps are an hour each, up to a week; a day each beyond.
    #[schemars(range(min = 1, max = 2160))]
    hours: Option<i64>,
}

/// What happened to messages.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MessageFigures")]
struct FiguresView {
    /// When the first step begins.
    from: Time,
    /// When the last step ends.
    to: Time,
    /// Milliseconds in a step.
    step_ms: i64,
    /// How many messages are under way right now; 10000 means at least so many.
    under_way: u64,
    /// Everything together.
    total: FigureView,
    /// Step by step, oldest first.
    steps: Vec<FigureView>,
}

/// What happened to messages in some time.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MessageFigure")]
struct FigureView {
    /// When it begins.
    at: Time,
    /// Accepted.
    accepted: u64,
    /// Arrived, as far as anybody can tell.
    delivered: u64,
    /// Taken by a provider, where that is all one learns.
    sent: u64,
    /// Failed, expired, or nobody knows.
    not_delivered: u64,
    /// Taken back.
    cancelled: u64,
    /// Half of those that arrived or left did so within this many milliseconds.
    p50_ms: Option<u64>,
    /// 95 of 100 did so within this many milliseconds.
    p95_ms: Option<u64>,
}

pub(super) fn figures(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    get("/v1/messages/figures")
        .needs(MESSAGES_READ)
        .class(Class::Read)
        .summary("Count messages by time, and how long they took")
        .describe("Counted from the ledger, a second behind it at most, and kept for 92 days.")
        .queries::<Query>()
        .answers::<FiguresView>(200)
        .to(move |call: Call<(), Query>| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call<(), Query>) -> Result<Reply, Failure> {
    let hours = call.query.hours.unwrap_or(24);
    if !(1..=2160).contains(&hours) {
        let place = Place::Parameter("hours".into());
        return Err(Refusal::of(&QUERY_INVALID).wrong(Wrong { place, code: "out_of_range".into() }).into());
    }
    let span = match hours {
        ..=168 => Span::until(call.ctx.now(), hours, HOUR),
        _ => Span::until(call.ctx.now(), (hours + 23) / 24, 24 * HOUR),
    };
    let figures = messages.figures(&call.ctx, span).await?;
    let steps = figures.steps.iter().zip(&figures.ages).enumerate();
    Ok(Reply::ok(&FiguresView {
        from: span.from.begin(),
        to: span.to.begin(),
        step_ms: span.step * SLOT_MS,
        under_way: figures.under_way,
        total: view(span.from.begin(), figures.all(), &figures.ages()),
        steps: steps.map(|(at, (figure, ages))| view(span.begin(at), *figure, ages)).collect(),
    })?)
}

fn view(at: Time, figure: Figure, ages: &Ages) -> FigureView {
    let within = |share| ages.within(share).map(|ms| ms.round() as u64);
    FigureView {
        at,
        accepted: figure.accepted,
        delivered: figure.delivered,
        sent: figure.sent,
        not_delivered: figure.lost,
        cancelled: figure.cancelled,
        p50_ms: within(0.5),
        p95_ms: within(0.95),
    }
}
