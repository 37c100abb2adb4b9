//! `GET /v1/session`

use schemars::JsonSchema;
use sealpost_store::{Environment, MemberId, SessionId, Time};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found};
use serde::Serialize;

use crate::permissions::PermissionNames;

/// Who is signed in, and what they may.
#[derive(Serialize, JsonSchema)]
struct OwnSession {
    /// The session.
    id: SessionId,
    /// The member.
    member_id: MemberId,
    /// The environment this answer is for.
    #[schemars(with = "String")]
    environment: Environment,
    /// What they may do.
    permissions: PermissionNames,
    /// What an unsafe request of this session carries in `X-CSRF-Token`.
    csrf_token: String,
    /// When they last proved with a passkey that it is them.
    #[schemars(with = "Option<String>")]
    proved_at: Option<Time>,
}

pub(super) fn route() -> Endpoint {
    get("/v1/session")
        .signed_in("it is about nobody but the member")
        .class(Class::Read)
        .summary("Show who is signed in")
        .answers::<OwnSession>(200)
        .to(show)
}

async fn show(call: Call) -> Result<Reply, Failure> {
    let session = call.caller.session.ok_or_else(not_found)?;
    Ok(Reply::ok(&OwnSession {
        id: SessionId::from_bytes(session.id),
        member_id: MemberId::from_bytes(call.ctx.actor.id),
        environment: call.ctx.org.environment,
        permissions: PermissionNames(call.caller.permissions),
        csrf_token: call.csrf_token().to_owned(),
        proved_at: session.proved_at,
    })?)
}
