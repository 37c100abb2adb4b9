//! `GET /v1/keys/{id}/usage`

use schemars::JsonSchema;
use sealpost_store::{ApiKeyId, Time};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Serialize;

use super::Api;
use crate::api_keys::day::Day;
use crate::api_keys::model::KeyUsage;
use crate::api_keys::service;
use crate::permissions::KEYS_READ;

/// How often a key was used.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiKeyUsage")]
struct UsageView {
    id: ApiKeyId,
    /// Since it was made, up to a few seconds ago.
    uses: u64,
    last_used_at: Option<Time>,
    /// Days (UTC) of the last 90 on which it was used, newest first.
    days: Vec<DayView>,
}

/// One day.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiKeyDay")]
struct DayView {
    date: Day,
    uses: u64,
}

pub(super) fn route(api: Api) -> Endpoint {
    get("/v1/keys/{id}/usage")
        .needs(KEYS_READ)
        .class(Class::Read)
        .summary("Show how often an API key was used")
        .describe("Counts of each day, kept for 90 days. A day that is missing is a day without a use.")
        .answers::<UsageView>(200)
        .to(move |call| usage(api.clone(), call))
}

async fn usage(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: ApiKeyId = call.id("id")?;
    let KeyUsage { key, days } = api.house.read(&call.ctx, move |tx| service::usage(tx, id)).await?;
    let view = UsageView {
        id,
        uses: key.uses,
        last_used_at: key.last_use.map(|last| last.at),
        days: days.into_iter().map(|(date, uses)| DayView { date, uses }).collect(),
    };
    Ok(Reply::ok(&view)?)
}
