//! `POST /v1/members/{id}/suspend`, `POST /v1/members/{id}/resume`, `DELETE /v1/members/{id}`

use sealpost_store::{Keys, MemberId, Recorded, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, delete, post};

use super::Api;
use crate::members::codes::{LAST_OWNER, MEMBER_STATE, ONESELF, OUTRANKED, OWNERS_ONLY};
use crate::members::service;
use crate::permissions::MEMBERS_MANAGE;

pub(super) fn suspend(api: Api) -> Endpoint {
    post("/v1/members/{id}/suspend")
        .needs(MEMBERS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("member.suspend")
        .summary("Suspend a member")
        .describe("Signs them out everywhere, and in nowhere, until they are resumed.")
        .answers_with(204, "")
        .refuses(&[&LAST_OWNER, &ONESELF, &OUTRANKED, &OWNERS_ONLY, &MEMBER_STATE])
        .to(move |call| act(api.clone(), call, |tx, _, id| service::suspend(tx, id)))
}

pub(super) fn resume(api: Api) -> Endpoint {
    post("/v1/members/{id}/resume")
        .needs(MEMBERS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("member.resume")
        .summary("Let a suspended member sign in again")
        .answers_with(204, "")
        .refuses(&[&ONESELF, &OUTRANKED, &OWNERS_ONLY, &MEMBER_STATE])
        .to(move |call| act(api.clone(), call, |tx, _, id| service::resume(tx, id)))
}

pub(super) fn remove(api: Api) -> Endpoint {
    delete("/v1/members/{id}")
        .needs(MEMBERS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("member.remove")
        .summary("Remove a member")
        .describe("Signs them out everywhere, and destroys the key of what is known about them. What they did stays in the ledger, by their id.")
        .answers_with(204, "")
        .refuses(&[&LAST_OWNER, &ONESELF, &OUTRANKED, &OWNERS_ONLY])
        .to(move |call| erase(api.clone(), call, service::remove))
}

/// Removes somebody, and destroys their key. If that fails, it is tried again later: they are removed already.
pub(super) async fn erase(api: Api, call: Call, how: Act) -> Result<Reply, Failure> {
    let (members, ctx) = (api.members.clone(), call.ctx.clone());
    let reply = act(api, call, how).await?;
    if let Err(error) = members.shred(&ctx).await {
        tracing::error!(error = %error, "member.not_shredded");
    }
    Ok(reply)
}

/// What is done to a member.
type Act = fn(&mut Tx<'_>, &Keys, MemberId) -> Result<Recorded<()>, Failure>;

async fn act(api: Api, call: Call, act: Act) -> Result<Reply, Failure> {
    let (id, keys): (MemberId, _) = (call.id("id")?, api.members.house().keys().clone());
    let act = move |tx: &mut Tx<'_>| Ok(act(tx, &keys, id)?.map(|()| Reply::empty()));
    let reply = call.write(api.members.house(), act).await?;
    api.sessions.forget();
    Ok(reply)
}
