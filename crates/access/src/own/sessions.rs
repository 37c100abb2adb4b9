//! `GET` and `POST /app/{env}/you/sessions/{id}/revoke`

use sealpost_store::{MemberId, SessionId, StoreError, Tx};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found, post};
use serde_json::json;

use super::Own;
use crate::sessions::{self, Ended, SessionRow};

pub(super) fn ask(own: &Own) -> Endpoint {
    let own = own.clone();
    get("/app/{env}/you/sessions/{id}/revoke")
        .signed_in("it is about nobody but the member")
        .page()
        .class(Class::Read)
        .summary("Ask whether to sign yourself out somewhere")
        .to(move |call: Call| question(own.clone(), call))
}

async fn question(own: Own, call: Call) -> Result<Reply, Failure> {
    let (id, member): (SessionId, _) = (call.id("id")?, MemberId::from_bytes(call.ctx.actor.id));
    let found = own.members.house().read(&call.ctx, move |tx| of(tx, id, member)).await?;
    found.ok_or_else(not_found)?;
    let says = "The next request of that session is refused, on every node.";
    Ask::new(&call, "Sign out there?", says, "/you").danger().submit("Sign out").show(&call)
}

pub(super) fn route(own: &Own) -> Endpoint {
    let own = own.clone();
    post("/app/{env}/you/sessions/{id}/revoke")
        .signed_in("it is about nobody but the member")
        .session()
        .class(Class::Write)
        .acts("session.revoke")
        .done("Signed out")
        .summary("Sign yourself out somewhere")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .to(move |call| revoke(own.clone(), call))
}

async fn revoke(own: Own, call: Call<Yes>) -> Result<Reply, Failure> {
    let (id, member): (SessionId, _) = (call.id("id")?, MemberId::from_bytes(call.ctx.actor.id));
    let done = call.done("/you");
    let act = move |tx: &mut Tx<'_>| {
        of(tx, id, member)?.ok_or_else(not_found)?;
        Ok::<_, Failure>(sessions::end(tx, id, Ended::Revoked)?.map(|()| done))
    };
    let reply = call.write(own.members.house(), act).await?;
    own.sessions.forget();
    Ok(reply)
}

/// A session that is good, if it is this member's.
fn of(tx: &mut Tx<'_>, id: SessionId, member: MemberId) -> Result<Option<SessionRow>, StoreError> {
    Ok(sessions::find(tx, id)?.filter(|session| session.member == member))
}
