//! `POST /v1/me/proof/options`, `POST /v1/me/proof`

use sealpost_web::{Call, Class, Endpoint, Failure, Reply, not_found, post};

use super::Api;
use super::body::{AssertionBody, RequestView, example_assertion};
use crate::passkeys::codes::{CHALLENGE_SPENT, PASSKEY_REFUSED};

pub(super) fn options(api: Api) -> Endpoint {
    post("/v1/me/proof/options")
        .signed_in("it is about nobody but the member")
        .class(Class::Read)
        .changes_nothing("a challenge is stored by nobody but who answers it")
        .summary("Ask what a passkey is to prove")
        .answers::<RequestView>(200)
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let options = api.passkeys.proof_options(&call.ctx, call.csrf_token()).await?;
                Ok(Reply::ok(&RequestView::from(options))?)
            }
        })
}

pub(super) fn route(api: Api) -> Endpoint {
    post("/v1/me/proof")
        .signed_in("it is about nobody but the member")
        .class(Class::Write)
        .acts("session.prove")
        .summary("Prove that it is still you")
        .describe("For the next five minutes sensitive acts are done without asking again.")
        .takes::<AssertionBody>()
        .example(example_assertion())
        .answers_with(204, "")
        .refuses(&[&PASSKEY_REFUSED, &CHALLENGE_SPENT])
        .to(move |call| prove(api.clone(), call))
}

async fn prove(api: Api, call: Call<AssertionBody>) -> Result<Reply, Failure> {
    let session = call.caller.session.ok_or_else(not_found)?;
    let (call, body) = call.take_body();
    api.passkeys.prove(&call.ctx, session, call.csrf_token(), &body.answer()).await?;
    api.sessions.forget();
    Ok(Reply::empty())
}
