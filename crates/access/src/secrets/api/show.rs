//! `GET /v1/secrets/{id}`

use sealpost_store::SecretId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::Api;
use super::view::ShownView;
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::named;

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/secrets/{id}")
        .needs(SECRETS_MANAGE)
        .class(Class::Read)
        .summary("Show a secret")
        .describe("What it is called, its versions, and what uses it. Never a value.")
        .answers::<ShownView>(200)
        .to(move |call| show(api.clone(), call))
}

async fn show(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: SecretId = call.id("id")?;
    let (users, now) = (api.users, call.ctx.now());
    let view = api.house.read::<_, Failure>(&call.ctx, move |tx| {
        let secret = named::show(tx, users, id)?;
        Ok(ShownView::of(&secret, &named::versions(tx, id)?, now))
    });
    Ok(Reply::ok(&view.await?)?)
}
