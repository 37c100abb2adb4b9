//! `GET` and `POST /app/{env}/keys/{id}/rotate`

use schemars::JsonSchema;
use sealpost_store::ApiKeyId;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found, post};
use serde::Deserialize;
use serde_json::json;

use super::create::show_once;
use crate::api_keys::api::Api;
use crate::api_keys::codes::{KEY_NOT_ACTIVE, MASK_PROFILE_EXCEEDED, SCOPES_EXCEEDED};
use crate::api_keys::model::Ceiling;
use crate::api_keys::service::{self, Making};
use crate::permissions::KEYS_MANAGE;
use crate::secrets::Overlap;

/// How to rotate a key.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "KeyRotationForm")]
struct Form {
    /// For how many more seconds the older key may be used.
    overlap_seconds: Overlap,
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/keys/{id}/rotate")
        .needs(KEYS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask how long the older key is still to be good")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let id: ApiKeyId = call.id("id")?;
                api.house.peek(&call.ctx, move |tx| service::find(tx, id)).await?.ok_or_else(not_found)?;
                question(&call, id).show(&call)
            }
        })
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/keys/{id}/rotate")
        .needs(KEYS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("key.rotate")
        .summary("Rotate an API key")
        .describe("Shows the successor's text this once.")
        .takes_form::<Form>()
        .example(json!({ "overlap_seconds": 86_400 }))
        .answers_with(200, "text/html")
        .refuses(&[&KEY_NOT_ACTIVE, &SCOPES_EXCEEDED, &MASK_PROFILE_EXCEEDED])
        .to(move |call: Call<Form>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    let id: ApiKeyId = call.id("id")?;
    let with = Making::ready(&api.house, &call.ctx).await?;
    let (ceiling, overlap, pages) = (Ceiling::of(&call.caller), call.body.overlap_seconds, call.pages()?);
    let rotate =
        move |tx: &mut sealpost_store::Tx<'_>| show_once(&pages, service::rotate(tx, &with, ceiling, id, overlap)?);
    match call.write(&api.house, rotate).await {
        Ok(reply) => {
            api.forget(id);
            Ok(reply)
        }
        Err(failure) => question(&call, id).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, id: ApiKeyId) -> Ask {
    let overlaps = [(0, "Not at all"), (3_600, "An hour"), (86_400, "A day"), (604_800, "Seven days")];
    let overlaps = overlaps.map(|(seconds, says)| Choice::new(seconds, says)).into();
    Ask::new(
        call,
        "Rotate this key?",
        "It gets a successor with the same name, scopes and networks, and as long a life. Programs change over while both are good.",
        &format!("/keys/{id}"),
    )
    .sensitive()
    .field(
        Field::new("overlap_seconds", "The older key stays good for")
            .kind(Kind::Choice(overlaps))
            .value("86400"),
    )
    .submit("Rotate")
}
