//! `POST /v1/routes/{id}/simulate`

use schemars::JsonSchema;
use sealpost_access::permissions::ROUTES_READ;
use sealpost_store::{ChannelId, MessageId};
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::events::Class;
use crate::routes::codes::ROUTE_VERSION_UNKNOWN;
use crate::routes::rules::{self, End, Went};
use crate::routes::{Answer, Routes};

/// A message that isn't there, and what channels would say to it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RouteTrial")]
struct Body {
    /// Which version; the one in force if absent.
    #[schemars(range(min = 1))]
    version: Option<u32>,
    /// What the message would be for: codes may be sent again, others not.
    class: Class,
    /// The id that decides among shares; any if absent.
    message_id: Option<MessageId>,
    /// With which step a ring would begin, from 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 8))]
    turn: u32,
    /// What channels answer, each as often as it is asked; those that aren't named take the message.
    #[serde(default)]
    #[schemars(length(max = 8))]
    answers: Vec<Says>,
}

fn one() -> u32 {
    1
}

/// What a channel answers.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RouteTrialAnswer")]
struct Says {
    /// The channel.
    channel_id: ChannelId,
    /// What it answers.
    answer: Answer,
}

/// What would happen.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RouteTrialResult")]
struct View {
    /// Along which version.
    version: u32,
    /// Which channels would be asked, in order.
    attempts: Vec<Went>,
    /// How it would end.
    #[serde(flatten)]
    end: End,
}

pub(super) fn simulate(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    post("/v1/routes/{id}/simulate")
        .needs(ROUTES_READ)
        .class(Limit::Read)
        .changes_nothing("says what a route would do, and asks no channel")
        .summary("Try what a route would do")
        .takes::<Body>()
        .answers::<View>(200)
        .refuses(&[&ROUTE_VERSION_UNKNOWN])
        .example(json!({
            "class": "otp",
            "answers": [{ "channel_id": "chn_01kf3b2y5xfh0r4c9v7t8m6e1s", "answer": "later" }],
        }))
        .to(move |call: Call<Body>| handle(routes.clone(), call))
}

async fn handle(routes: Routes, call: Call<Body>) -> Result<Reply, Failure> {
    let route = routes.find(&call.ctx, call.id("id")?).await?;
    let version = routes.version(&call.ctx, route.id, call.body.version.unwrap_or(route.shown())).await?;
    let Body { class, message_id, turn, answers, .. } = &call.body;
    let message = message_id.unwrap_or(MessageId::from_bytes([0; 16]));
    let order = rules::order(&version.plan, message, turn.saturating_sub(1));
    let says = |channel| {
        let told = answers.iter().find(|told| told.channel_id == channel);
        told.map_or(Answer::Accepted, |told| told.answer)
    };
    let (attempts, end) = rules::walk(&version.plan, &order, *class == Class::Otp, says);
    Ok(Reply::ok(&View { version: version.version, attempts, end })?)
}
