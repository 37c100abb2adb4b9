//! `GET` and `POST /app/{env}/keys/{id}/revoke`

use sealpost_store::ApiKeyId;
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found, post};
use serde_json::json;

use crate::api_keys::api::Api;
use crate::api_keys::service;
use crate::permissions::KEYS_MANAGE;

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/keys/{id}/revoke")
        .needs(KEYS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to revoke a key")
        .to(move |call: Call| ask_about(api.clone(), call))
}

async fn ask_about(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: ApiKeyId = call.id("id")?;
    let key = api.house.peek(&call.ctx, move |tx| service::find(tx, id)).await?.ok_or_else(not_found)?;
    Ask::new(
        &call,
        format!("Revoke {}?", key.name.as_str()),
        "The next request with it is refused, on every node. This can’t be undone.",
        &format!("/keys/{id}"),
    )
    .sensitive()
    .danger()
    .submit("Revoke")
    .show(&call)
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/keys/{id}/revoke")
        .needs(KEYS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("key.revoke")
        .done("Key revoked")
        .summary("Revoke an API key")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .to(move |call: Call<Yes>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Yes>) -> Result<Reply, Failure> {
    let id: ApiKeyId = call.id("id")?;
    let done = call.done(&format!("/keys/{id}"));
    let reply = call.write(&api.house, move |tx| Ok(service::revoke(tx, id)?.map(|_| done))).await?;
    api.forget(id);
    Ok(reply)
}
