//! `POST /sign-out`

use sealpost_store::SessionId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, not_found, post};
use serde_json::json;

use super::{Button, SignIn};
use crate::sessions::{self, Ended};

pub(super) fn route(sign_in: &SignIn) -> Endpoint {
    let sign_in = sign_in.clone();
    post("/sign-out")
        .signed_in("whoever is signed in may sign out")
        .from_anywhere()
        .class(Class::Write)
        .acts("session.revoke")
        .summary("Sign out")
        .describe("Ends this session, and has the browser forget its cookie.")
        .takes_form::<Button>()
        .example(json!({}))
        .answers_with(303, "")
        .to(move |call: Call<Button>| sign_out(sign_in.clone(), call))
}

async fn sign_out(sign_in: SignIn, call: Call<Button>) -> Result<Reply, Failure> {
    let session = call.caller.session.ok_or_else(not_found)?;
    let id = SessionId::from_bytes(session.id);
    sign_in.house.write(&call.ctx, move |tx| sessions::end(tx, id, Ended::SignedOut)).await?;
    sign_in.sessions.forget();
    Ok(Reply::see_other("/sign-in").end_session())
}
