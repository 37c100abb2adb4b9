//! `POST /v1/me/sessions/{id}/revoke`, `POST /v1/sessions/{id}/revoke`

use sealpost_store::{MemberId, SessionId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, not_found, post};

use super::Api;
use crate::permissions::SESSIONS_MANAGE;
use crate::sessions::{Ended, service};

pub(super) fn own(api: Api) -> Endpoint {
    post("/v1/me/sessions/{id}/revoke")
        .signed_in("it is about nobody but the member")
        .class(Class::Write)
        .acts("session.revoke")
        .summary("Sign yourself out somewhere")
        .describe("The next request of that session is refused, on every node.")
        .answers_with(204, "")
        .to(move |call: Call| {
            let own = Some(MemberId::from_bytes(call.ctx.actor.id));
            revoke(api.clone(), call, own)
        })
}

pub(super) fn any(api: Api) -> Endpoint {
    post("/v1/sessions/{id}/revoke")
        .needs(SESSIONS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("session.revoke")
        .summary("Sign a member out somewhere")
        .describe(
            "The next request of that session is refused, on every node. Takes no fresh proof: it only ever locks out.",
        )
        .answers_with(204, "")
        .to(move |call| revoke(api.clone(), call, None))
}

/// Ends a session: of this member, or of anybody.
async fn revoke(api: Api, call: Call, of: Option<MemberId>) -> Result<Reply, Failure> {
    let id: SessionId = call.id("id")?;
    let act = move |tx: &mut Tx<'_>| {
        let found = service::find(tx, id)?.filter(|session| of.is_none_or(|member| session.member == member));
        found.ok_or_else(not_found)?;
        Ok::<_, Failure>(service::end(tx, id, Ended::Revoked)?.map(|()| Reply::empty()))
    };
    let reply = call.write(&api.house, act).await?;
    api.sessions.forget();
    Ok(reply)
}
