//! `/v1/sso/policy`

use schemars::JsonSchema;
use sealpost_store::Tx;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, get, put};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::permissions::{SSO_MANAGE, SSO_READ};
use crate::sso::codes::SSO_NOT_READY;
use crate::sso::{Sso, policy};

/// Whether members have to sign in by a connection.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SsoPolicy")]
struct PolicyView {
    /// Whether they have to.
    required: bool,
    /// What it takes before they can be made to: `used_connection`, `verified_domain`, `owner_passkey`.
    missing: Vec<&'static str>,
}

/// What shall hold.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSsoPolicy")]
struct Body {
    /// Whether members have to sign in by a connection.
    required: bool,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn show(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/v1/sso/policy")
        .needs(SSO_READ)
        .class(Class::Read)
        .summary("Read whether members have to sign in by a connection")
        .answers::<PolicyView>(200)
        .to(move |call: Call| {
            let sso = sso.clone();
            async move { Ok::<_, Failure>(Reply::ok(&sso.house.peek(&call.ctx, view).await?)?) }
        })
}

pub(super) fn change(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    put("/v1/sso/policy")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_policy.change")
        .summary("Have members sign in by a connection, or lift that")
        .describe(
            "Whoever is signed in otherwise is signed out within a second; owners are not, and may always come by their passkeys. It \
             takes a connection that somebody has come by, a domain that is verified, and an owner who has a passkey.",
        )
        .takes::<Body>()
        .example(json!({ "required": false }))
        .answers::<PolicyView>(200)
        .refuses(&[&SSO_NOT_READY])
        .to(move |call: Call<Body>| {
            let sso = sso.clone();
            async move {
                let required = call.body.required;
                let act = move |tx: &mut Tx<'_>| {
                    let changed = policy::require(tx, required)?;
                    let reply = Reply::ok(&view(tx)?)?;
                    Ok(changed.map(|_| reply))
                };
                let reply = call.write(&sso.house, act).await?;
                sso.sessions.forget();
                Ok(reply)
            }
        })
}

fn view(tx: &mut Tx<'_>) -> Result<PolicyView, sealpost_store::StoreError> {
    Ok(PolicyView { required: policy::is_required(tx)?, missing: policy::missing(tx)? })
}
