//! `POST /v1/support-grants/{id}/end`

use sealpost_access::permissions::SUPPORT_MANAGE;
use sealpost_store::SupportGrantId;
use sealpost_web::{Call, Class, Endpoint, Reply, post};

use super::Api;
use super::view::GrantView;
use crate::support::codes::SUPPORT_OVER;
use crate::support::model::Ended;
use crate::support::service;

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/support-grants/{id}/end")
        .needs(SUPPORT_MANAGE)
        .class(Class::Write)
        .acts("support.end")
        .summary("End support access now")
        .describe("Its next request is refused, on every node, and what it listens to ends within a second. Takes nobody else.")
        .answers::<GrantView>(200)
        .refuses(&[&SUPPORT_OVER])
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let (id, org): (SupportGrantId, _) = (call.id("id")?, call.ctx.org.id);
                let keys = api.house.keys().organisation(org).await?;
                call.write(&api.house, move |tx| {
                    let (_, content) = service::show(tx, &keys, org, id)?;
                    let ended = service::end(tx, id, Ended::Stopped)?;
                    let (grant, _) = service::show(tx, &keys, org, id)?;
                    let reply = Reply::ok(&GrantView::of(&grant, content, tx.ctx().now()))?;
                    Ok(ended.map(|()| reply))
                })
                .await
            }
        })
}
