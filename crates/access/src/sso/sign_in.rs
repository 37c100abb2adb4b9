//! `GET /sign-in/with/{connection}`, `POST /sign-in/organisation`

use schemars::JsonSchema;
use sealpost_seal::normal::Email;
use sealpost_store::SsoConnectionId;
use sealpost_web::{Call, Endpoint, Failure, Reply, get, not_found, post};
use serde::Deserialize;
use serde_json::json;

use super::codes::{SSO_REFUSED, SSO_UNAVAILABLE};
use super::model::Kind;
use super::{Pending, Sso, domains, oidc, saml, service};
use crate::members::body::{EmailText, email};

/// Whose organisation is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrganisationOf")]
struct Address {
    #[serde(deserialize_with = "email")]
    #[schemars(with = "EmailText")]
    email: Email,
}

pub(super) fn begin(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/sign-in/with/{connection}")
        .open_to_all("whoever signs in has no session yet")
        .summary("Go to a service to sign in")
        .describe("Leads the browser to the service of this connection, which leads it back.")
        // A visitor is told from another only where a page may be shown.
        .answers_with(200, "text/html; charset=utf-8")
        .also_answers(303, "")
        .refuses(&[&SSO_UNAVAILABLE, &SSO_REFUSED])
        .to(move |call| leave(sso.clone(), call))
}

async fn leave(sso: Sso, call: Call) -> Result<Reply, Failure> {
    let id: SsoConnectionId = call.id("connection")?;
    let (org, connection) = service::locate(&sso.house, id).await?.ok_or_else(not_found)?;
    let pending = Pending::begin(sso.house.keys(), id, call.csrf_token(), call.ctx.now(), call.ctx.rng());
    let reply = match connection.kind {
        Kind::Oidc => oidc::begin(&sso, org, &connection, &pending).await,
        Kind::Saml => saml::begin(&sso, org, &connection, &pending).await,
    };
    Ok(call.keep_visit(reply?))
}

pub(super) fn lead(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/sign-in/organisation")
        .open_to_all("whoever signs in has no session yet")
        .own_page()
        .changes_nothing("it only says where to sign in")
        .summary("Find the service of an organisation by an address of it")
        .describe("Leads to the service to which the address’s domain belongs; nobody learns whether the address is somebody’s.")
        .takes_form::<Address>()
        .example(json!({ "email": "sam@example.com" }))
        .answers_with(200, "text/html; charset=utf-8")
        .to(move |call: Call<Address>| {
            let sso = sso.clone();
            async move {
                match domains::lead(&sso.house, &call.body.email.domain()).await? {
                    Some((_, connection)) => Ok::<_, Failure>(crate::sign_in::service(connection.id)),
                    None => Ok(crate::sign_in::no_service()),
                }
            }
        })
}
