//! `POST /v1/keys/{id}/revoke`

use sealpost_store::ApiKeyId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};

use super::Api;
use super::view::KeyView;
use crate::api_keys::service;
use crate::permissions::KEYS_MANAGE;

pub(super) fn route(api: Api) -> Endpoint {
    post("/v1/keys/{id}/revoke")
        .needs(KEYS_MANAGE)
        .step_up()
        .class(Class::Write)
        .acts("key.revoke")
        .summary("Revoke an API key")
        .describe("The next request with this key is refused, on every node. Can't be undone; revoking again changes nothing.")
        .answers::<KeyView>(200)
        .to(move |call| revoke(api.clone(), call))
}

async fn revoke(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: ApiKeyId = call.id("id")?;
    let now = call.ctx.now();
    let act = move |tx: &mut sealpost_store::Tx<'_>| {
        let revoked = service::revoke(tx, id)?;
        let reply = Reply::ok(&KeyView::of(revoked.value(), now))?;
        Ok(revoked.map(|_| reply))
    };
    let reply = call.write(&api.house, act).await?;
    api.forget(id);
    Ok(reply)
}
