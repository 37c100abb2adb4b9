//! `GET /sign-in/recovery`, `POST /sign-in/recovery`, `GET /sign-in/recovery-codes`, `POST /sign-in/recovery-codes`

use schemars::JsonSchema;
use sealpost_seal::SecretText;
use sealpost_store::{MemberId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::{Button, ENROL, HTML, SignIn};
use crate::recovery_codes;
use crate::sessions::Agent;
use crate::sign_in::{assets, codes};

/// One of the ten.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Presented {
    /// Spaces, dashes and case don't matter.
    #[schemars(length(max = 64))]
    code: String,
}

pub(super) fn ask() -> Endpoint {
    get("/sign-in/recovery")
        .open_to_all("whoever signs in has no session yet")
        .summary("Ask for a recovery code")
        .answers_with(200, HTML)
        .to(|call: Call| async move { Ok(call.keep_visit(assets::recovery(call.csrf_token(), false))) })
}

pub(super) fn enter(sign_in: &SignIn) -> Endpoint {
    let house = sign_in.house.clone();
    post("/sign-in/recovery")
        .open_to_all("whoever signs in has no session yet; the code is theirs")
        .own_page()
        .acts("session.create")
        .summary("Sign in with a recovery code")
        .describe("Uses the code up. The session is good for registering a passkey, to which the browser is led.")
        .takes_form::<Presented>()
        .example(json!({ "code": "00000-00000-00000" }))
        .answers_with(303, "")
        .refuses(&[&codes::RECOVERY_CODE_REFUSED, &codes::SSO_REQUIRED])
        .to(move |call: Call<Presented>| {
            let house = house.clone();
            async move {
                let agent = Agent::of(call.header("user-agent"));
                let (peer, request) = (call.peer(), call.ctx.request);
                match recovery_codes::sign_in(&house, &call.body.code, peer, agent, request).await {
                    Ok(opened) => Ok(Reply::see_other(ENROL).begin_session(opened.token.expose())),
                    Err(Failure::Refused(refusal)) if refusal.code() == &codes::RECOVERY_CODE_REFUSED => {
                        Ok(call.keep_visit(assets::recovery(call.csrf_token(), true)))
                    }
                    Err(failure) => Err(failure),
                }
            }
        })
}

pub(super) fn offer() -> Endpoint {
    get("/sign-in/recovery-codes")
        .signed_in("it is about nobody but the member")
        .page()
        .class(Class::Read)
        .summary("Offer new recovery codes")
        .to(|call: Call| async move {
            let proved = call.caller.session.is_some_and(|session| session.proved_lately(call.ctx.now()));
            Ok(assets::offer_codes(call.csrf_token(), proved))
        })
}

pub(super) fn create(sign_in: &SignIn) -> Endpoint {
    let sign_in = sign_in.clone();
    post("/sign-in/recovery-codes")
        .signed_in("it is about nobody but the member")
        .page()
        .step_up()
        .class(Class::Write)
        .acts("recovery_code.create")
        .summary("Make new recovery codes")
        .describe("Shows ten, this once. Those from before are good for nothing any more.")
        .takes_form::<Button>()
        .example(json!({}))
        .to(move |call: Call<Button>| show(sign_in.clone(), call))
}

async fn show(sign_in: SignIn, call: Call<Button>) -> Result<Reply, Failure> {
    let (keys, member) = (sign_in.house.keys().clone(), MemberId::from_bytes(call.ctx.actor.id));
    let act = move |tx: &mut Tx<'_>| recovery_codes::create(tx, &keys, member);
    let codes = sign_in.house.write(&call.ctx, act).await?;
    let lines: Vec<SecretText> = codes.iter().map(|code| SecretText::new(code.groups().to_string())).collect();
    Ok(assets::codes(&lines, sign_in.home))
}
