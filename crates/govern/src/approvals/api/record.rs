//! `GET /v1/approvals/{id}/record`

use sealpost_access::permissions::APPROVALS_READ;
use sealpost_store::{ApprovalId, StoreError};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found};

use super::Api;
use crate::approvals::record::Record;
use crate::approvals::service;

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/approvals/{id}/record")
        .needs(APPROVALS_READ)
        .class(Class::Read)
        .summary("Take along what proves who agreed to exactly what")
        .describe(
            "The bytes that were voted on, and every vote with what a passkey has signed of it. `sealpost approvals verify` checks it offline; \
             so can anybody with a library for WebAuthn.",
        )
        .answers::<Record>(200)
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let (id, now): (ApprovalId, _) = (call.id("id")?, call.ctx.now());
                let keys = api.house.keys().organisation(call.ctx.org.id).await?;
                let found = api.house.read::<_, Failure>(&call.ctx, move |tx| service::exactly(tx, &keys, id)).await?;
                let (approval, bytes) = found.ok_or_else(not_found)?;
                let record = Record::of(&approval, api.all.find(approval.module)?, bytes, now);
                Ok(Reply::ok(&record.ok_or(StoreError::Column("content".into()))?)?)
            }
        })
}
