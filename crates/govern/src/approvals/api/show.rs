//! `GET /v1/approvals/{id}`

use sealpost_access::permissions::APPROVALS_READ;
use sealpost_store::ApprovalId;
use sealpost_web::{Call, Class, Endpoint, Failure, get};

use super::view::ApprovalView;
use super::{Api, answer};
use crate::approvals::service;

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/approvals/{id}")
        .needs(APPROVALS_READ)
        .class(Class::Read)
        .summary("Show what would change, and what was said")
        .answers::<ApprovalView>(200)
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let (id, now): (ApprovalId, _) = (call.id("id")?, call.ctx.now());
                let keys = api.house.keys().organisation(call.ctx.org.id).await?;
                let found = api.house.read::<_, Failure>(&call.ctx, move |tx| service::show(tx, &keys, id)).await?;
                answer(&api, &found, now)
            }
        })
}
