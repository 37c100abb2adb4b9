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
        .to(move |call| does(api.clone(), call, |tx, _, id| service::suspend(tx, id)))
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
        .to(move |call| does(api.clone(), call, |tx, _, id| service::resume(tx, id)))
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
        .to(move |call: Call| {
            let api = api.clone();
            async move { erase(&api, &call, service::remove, Reply::empty()).await }
        })
}

/// Removes somebody, and destroys their key. If that fails, it is tried again later: they are removed already.
pub(in crate::members) async fn erase<B, Q>(
    api: &Api,
    call: &Call<B, Q>,
    deed: Deed,
    reply: Reply,
) -> Result<Reply, Failure> {
    let reply = act(api, call, deed, reply).await?;
    if let Err(error) = api.members.shred(&call.ctx).await {
        tracing::error!(error = %error, "member.not_shredded");
    }
    Ok(reply)
}

/// What is done to a member.
pub(in crate::members) type Deed = fn(&mut Tx<'_>, &Keys, MemberId) -> Result<Recorded<()>, Failure>;

/// Does it to the member whom the path names, and answers this.
pub(in crate::members) async fn act<B, Q>(
    api: &Api,
    call: &Call<B, Q>,
    deed: Deed,
    reply: Reply,
) -> Result<Reply, Failure> {
    let (id, keys): (MemberId, _) = (call.id("id")?, api.members.house().keys().clone());
    let act = move |tx: &mut Tx<'_>| Ok(deed(tx, &keys, id)?.map(|()| reply));
    let reply = call.write(api.members.house(), act).await?;
    api.sessions.forget();
    Ok(reply)
}

async fn does(api: Api, call: Call, deed: Deed) -> Result<Reply, Failure> {
    act(&api, &call, deed, Reply::empty()).await
}
