//! `POST /v1/members/{id}/sign-in-link`

use sealpost_store::{MemberId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};

use super::Api;
use super::invite::once;
use super::view::InvitedView;
use crate::members::codes::{MEMBER_STATE, ONESELF, OUTRANKED, OWNERS_ONLY};
use crate::members::invite;
use crate::members::shown::Shown;
use crate::permissions::MEMBERS_MANAGE;

pub(super) fn route(api: Api) -> Endpoint {
    post("/v1/members/{id}/sign-in-link")
        .needs(MEMBERS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sign_in_link.create")
        .summary("Make a link for a member who has lost their passkeys")
        .describe(
            "Good for an hour, once, and for nothing but registering a new passkey. Hand it over where you know it reaches them, \
             and make sure that it is they who ask. Links they were given before lead nowhere any more.",
        )
        .answers::<InvitedView<'static>>(201)
        .refuses(&[&MEMBER_STATE, &ONESELF, &OUTRANKED, &OWNERS_ONLY])
        .to(move |call| create(api.clone(), call))
}

async fn create(api: Api, call: Call) -> Result<Reply, Failure> {
    let (id, keys): (MemberId, _) = (call.id("id")?, api.members.house().keys().clone());
    let shown = Shown::by(&api.post);
    let act = move |tx: &mut Tx<'_>| once(&shown, invite::recover(tx, &keys, id)?);
    call.write(api.members.house(), act).await
}
