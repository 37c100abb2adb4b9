//! `GET` and `POST /app/{env}/sso/policy`

use schemars::JsonSchema;
use sealpost_store::Tx;
use sealpost_web::shell::Ask;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::permissions::SSO_MANAGE;
use crate::sso::codes::SSO_NOT_READY;
use crate::sso::{Sso, policy};

/// What shall hold.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SsoPolicyForm")]
struct Form {
    /// Whether members have to sign in by a connection.
    required: bool,
}

pub(super) fn ask(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/app/{env}/sso/policy")
        .needs(SSO_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether members have to sign in by a connection")
        .to(move |call: Call| {
            let sso = sso.clone();
            async move {
                let required = sso.house.peek(&call.ctx, policy::is_required).await?;
                question(&call, !required).show(&call)
            }
        })
}

pub(super) fn route(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/app/{env}/sso/policy")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_policy.change")
        .done("Changed how members sign in")
        .summary("Have members sign in by a connection, or lift that")
        .takes_form::<Form>()
        .example(json!({ "required": false }))
        .answers_with(303, "")
        .refuses(&[&SSO_NOT_READY])
        .to(move |call| handle(sso.clone(), call))
}

async fn handle(sso: Sso, call: Call<Form>) -> Result<Reply, Failure> {
    let (required, done) = (call.body.required, call.done("/sso"));
    let act = move |tx: &mut Tx<'_>| Ok(policy::require(tx, required)?.map(|_| done));
    match call.write(&sso.house, act).await {
        Ok(reply) => {
            sso.sessions.forget();
            Ok(reply)
        }
        Err(failure) => question(&call, required).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, required: bool) -> Ask {
    let (title, says, submit) = match required {
        true => (
            "Have members sign in by a service?",
            "Whoever is signed in otherwise is signed out within a second. Owners aren’t, and may always come by their passkeys.",
            "Require",
        ),
        false => ("Let members sign in otherwise?", "With their passkeys again, as well as by the service.", "Lift"),
    };
    let ask = Ask::new(call, title, says, "/sso").sensitive().hidden("required", required.to_string()).submit(submit);
    if required { ask.danger() } else { ask }
}
