//! `POST /v1/me/passkeys/options`, `POST /v1/me/passkeys`

use sealpost_seal::Purpose;
use sealpost_store::MemberId;
use sealpost_web::problem::STEP_UP_REQUIRED;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, not_found, post};

use super::Api;
use super::body::{CreationView, Registration, example_registration};
use super::list::PasskeyView;
use crate::passkeys::codes::{CHALLENGE_SPENT, PASSKEY_EXISTS, PASSKEY_REFUSED, PASSKEYS_FULL};
use crate::sessions::Agent;

/// What an authenticator shows of a member of whom nothing is known.
const NAMELESS: &str = "Sealpost";

pub(super) fn options(api: Api) -> Endpoint {
    post("/v1/me/passkeys/options")
        .signed_in("it is about nobody but the member")
        .class(Class::Read)
        .changes_nothing("a challenge is stored by nobody but who answers it")
        .summary("Ask what a new passkey is made of")
        .answers::<CreationView>(200)
        .to(move |call| ask(api.clone(), call))
}

async fn ask(api: Api, call: Call) -> Result<Reply, Failure> {
    let member = api.members.find(&call.ctx, MemberId::from_bytes(call.ctx.actor.id)).await?.ok_or_else(not_found)?;
    // What the member's own device shows them: their address, so that they know which account it is.
    let name = member.email.map_or(NAMELESS.to_owned(), |email| email.expose(Purpose::Colleague).clone());
    let options = api.passkeys.creation_options(&call.ctx, call.csrf_token(), name).await?;
    Ok(Reply::ok(&CreationView::from(options))?)
}

pub(super) fn route(api: Api) -> Endpoint {
    post("/v1/me/passkeys")
        .signed_in("it is about nobody but the member")
        .class(Class::Write)
        .acts("passkey.create")
        .summary("Register a passkey")
        .describe(
            "In a session that a link or recovery code began, or in the first one, at once; else after a fresh proof. Proves \
             the session it happens in.",
        )
        .takes::<Registration>()
        .example(example_registration())
        .answers::<PasskeyView>(201)
        .refuses(&[&PASSKEY_REFUSED, &CHALLENGE_SPENT, &PASSKEY_EXISTS, &PASSKEYS_FULL, &STEP_UP_REQUIRED])
        .to(move |call| register(api.clone(), call))
}

async fn register(api: Api, call: Call<Registration>) -> Result<Reply, Failure> {
    let session = call.caller.session.ok_or_else(not_found)?;
    let agent = Agent::of(call.header("user-agent"));
    let answer = (&call.body.client_data.0[..], &call.body.attestation.0[..]);
    let passkey = api.passkeys.register(&call.ctx, session, call.csrf_token(), agent, answer).await?;
    api.sessions.forget();
    Ok(Reply::json(201, &PasskeyView::from(&passkey))?)
}
