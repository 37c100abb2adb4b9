//! `GET /v1/revisions/{id}`

use sealpost_access::permissions::APPROVALS_READ;
use sealpost_store::RevisionId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::Api;
use super::view::ShownRevision;
use crate::revisions::service;

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/revisions/{id}")
        .needs(APPROVALS_READ)
        .class(Class::Read)
        .summary("Show what a setting said, and what going back would change")
        .answers::<ShownRevision>(200)
        .to(move |call: Call| show(api.clone(), call))
}

async fn show(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: RevisionId = call.id("id")?;
    let (keys, all) = (api.house.keys().organisation(call.ctx.org.id).await?, api.all.clone());
    let seen = api.house.read::<_, Failure>(&call.ctx, move |tx| service::show(tx, &keys, &all, id)).await?;
    Ok(Reply::ok(&ShownRevision::of(seen, &api.all))?)
}
