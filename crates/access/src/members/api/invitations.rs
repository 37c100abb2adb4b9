//! `GET /v1/invitations`, `POST /v1/invitations/{id}/renew`, `DELETE /v1/invitations/{id}`

use sealpost_store::{MemberId, Tx};
use sealpost_web::{Call, Class, Endpoint, Page, PageQuery, Reply, delete, get, post};

use super::Api;
use super::invite::once;
use super::view::{InvitedView, MemberView};
use super::{list, stop};
use crate::members::codes::{LAST_OWNER, MEMBER_STATE, ONESELF, OUTRANKED, OWNERS_ONLY, ROLE_EXCEEDS};
use crate::members::shown::Shown;
use crate::members::{invite, service};
use crate::permissions::{MEMBERS_MANAGE, MEMBERS_READ};

pub(super) fn list(api: Api) -> Endpoint {
    get("/v1/invitations")
        .needs(MEMBERS_READ)
        .class(Class::Read)
        .summary("List who is invited")
        .queries::<PageQuery>()
        .answers::<Page<MemberView>>(200)
        .to(move |call| list::page(api.clone(), call, true))
}

pub(super) fn renew(api: Api) -> Endpoint {
    post("/v1/invitations/{id}/renew")
        .needs(MEMBERS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("invitation.renew")
        .summary("Make a new link for somebody who is invited")
        .describe("Links they were given before lead nowhere any more.")
        .answers::<InvitedView<'static>>(201)
        .refuses(&[&MEMBER_STATE, &OWNERS_ONLY, &ROLE_EXCEEDS])
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let (id, keys): (MemberId, _) = (call.id("id")?, api.members.house().keys().clone());
                let to = api.members.find(&call.ctx, id).await?.and_then(|member| member.email);
                let shown = Shown::by(&api.post);
                let with = shown.clone();
                let act = move |tx: &mut Tx<'_>| once(&with, invite::renew(tx, &keys, id)?);
                let reply = call.write(api.members.house(), act).await?;
                shown.send(&call.ctx, to);
                Ok(reply)
            }
        })
}

pub(super) fn withdraw(api: Api) -> Endpoint {
    delete("/v1/invitations/{id}")
        .needs(MEMBERS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("invitation.withdraw")
        .summary("Withdraw an invitation")
        .describe("The link leads nowhere any more, and the key of what is known about them is destroyed.")
        .answers_with(204, "")
        .refuses(&[&LAST_OWNER, &ONESELF, &OUTRANKED, &OWNERS_ONLY])
        .to(move |call: Call| {
            let api = api.clone();
            async move { stop::erase(&api, &call, service::withdraw, Reply::empty()).await }
        })
}
