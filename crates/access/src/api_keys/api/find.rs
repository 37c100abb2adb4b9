//! `GET /v1/keys/{id}`

use sealpost_store::ApiKeyId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found};

use super::Api;
use super::view::KeyView;
use crate::api_keys::service;
use crate::permissions::KEYS_READ;

pub(super) fn route(api: Api) -> Endpoint {
    get("/v1/keys/{id}")
        .needs(KEYS_READ)
        .class(Class::Read)
        .summary("Show an API key")
        .describe("What it may do, how it stands, and how it was used last. Never its text.")
        .answers::<KeyView>(200)
        .to(move |call| find(api.clone(), call))
}

async fn find(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: ApiKeyId = call.id("id")?;
    let key = api.house.peek(&call.ctx, move |tx| service::find(tx, id)).await?.ok_or_else(not_found)?;
    Ok(Reply::ok(&KeyView::of(&key, call.ctx.now()))?)
}
