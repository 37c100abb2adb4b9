//! `GET /v1/support-grants/{id}`

use sealpost_access::permissions::SUPPORT_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::Api;
use super::view::GrantView;
use crate::support::service;

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/support-grants/{id}")
        .needs(SUPPORT_READ)
        .class(Class::Read)
        .summary("Show support access")
        .answers::<GrantView>(200)
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let (id, org) = (call.id("id")?, call.ctx.org.id);
                let keys = api.house.keys().organisation(org).await?;
                let found = api.house.read::<_, Failure>(&call.ctx, move |tx| service::show(tx, &keys, org, id));
                let (grant, content) = found.await?;
                Ok(Reply::ok(&GrantView::of(&grant, content, call.ctx.now()))?)
            }
        })
}
