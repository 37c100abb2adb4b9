//! `POST /sign-in/passkey/options`, `POST /sign-in/passkey`

use schemars::JsonSchema;
use sealpost_web::{Call, Endpoint, Failure, Reply, post};
use serde::Serialize;

use super::SignIn;
use crate::passkeys::body::{AssertionBody, RequestView, example_assertion};
use crate::passkeys::codes::{CHALLENGE_SPENT, PASSKEY_REFUSED};
use crate::sessions::Agent;
use crate::sign_in::codes;

/// Somebody is signed in.
#[derive(Serialize, JsonSchema)]
struct SignedIn {
    /// Where to go on: a path of this server.
    location: &'static str,
}

pub(super) fn options(sign_in: &SignIn) -> Endpoint {
    let passkeys = sign_in.passkeys.clone();
    post("/sign-in/passkey/options")
        .open_to_all("whoever signs in has no session yet")
        .own_page()
        .changes_nothing("a challenge is stored by nobody but who answers it")
        .summary("Ask what a passkey is to prove")
        .answers::<RequestView>(200)
        .to(move |call: Call| {
            let options = passkeys.sign_in_options(call.csrf_token());
            std::future::ready(Reply::ok(&RequestView::from(options)).map_err(Failure::from))
        })
}

pub(super) fn enter(sign_in: &SignIn) -> Endpoint {
    let sign_in = sign_in.clone();
    post("/sign-in/passkey")
        .open_to_all("whoever signs in has no session yet")
        .own_page()
        .acts("session.create")
        .summary("Sign in with a passkey")
        .describe("The browser gets the session’s cookie.")
        .takes::<AssertionBody>()
        .example(example_assertion())
        .answers::<SignedIn>(200)
        .refuses(&[&PASSKEY_REFUSED, &CHALLENGE_SPENT, &codes::SSO_REQUIRED])
        .to(move |call| answer(sign_in.clone(), call))
}

async fn answer(sign_in: SignIn, call: Call<AssertionBody>) -> Result<Reply, Failure> {
    let agent = Agent::of(call.header("user-agent"));
    let (call, body) = call.take_body();
    let (peer, request) = (call.peer(), call.ctx.request);
    let (_, opened) = sign_in.passkeys.sign_in(&body.answer(), call.csrf_token(), peer, agent, request).await?;
    Ok(Reply::ok(&SignedIn { location: sign_in.home })?.begin_session(opened.token.expose()))
}
