//! `POST /v1/sso/connections/oidc`, `PATCH /v1/sso/connections/{connection}/oidc`

use schemars::JsonSchema;
use sealpost_seal::SecretText;
use sealpost_store::{SsoConnectionId, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, patch, post};
use serde::Deserialize;
use serde_json::json;

use super::service;
use super::settings::Draft;
use crate::permissions::SSO_MANAGE;
use crate::sso::Sso;
use crate::sso::api::ConnectionView;
use crate::sso::codes::SSO_FULL;

/// A connection to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OidcConnection")]
struct New {
    /// What people call it.
    #[schemars(length(min = 1, max = 60))]
    name: String,
    /// `google`, `microsoft` or `any`.
    preset: String,
    /// At Microsoft: the tenant’s id.
    tenant: Option<String>,
    /// At any provider: its issuer, exactly as it says it.
    issuer: Option<String>,
    /// What the provider calls us.
    #[schemars(length(min = 1, max = 255))]
    client_id: String,
    /// The client’s secret, unless it is a public one. It is kept sealed and never shown.
    #[schemars(with = "Option<String>")]
    client_secret: Option<SecretText>,
    /// Whose addresses come in; anybody’s, if there are none. At Google, domains of its Workspace; at Microsoft, those the tenant answers for.
    #[schemars(length(max = 20))]
    domains: Option<Vec<String>>,
    /// The claim that names somebody’s groups.
    groups_claim: Option<String>,
    /// How long ago somebody may have proved to the provider who they are, in minutes.
    #[schemars(range(max = 43200))]
    max_age_minutes: Option<u32>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

/// What changes about one: what is absent stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OidcConnectionChange")]
struct Change {
    /// What people call it from now on.
    #[schemars(length(min = 1, max = 60))]
    name: Option<String>,
    /// `google`, `microsoft` or `any`.
    preset: Option<String>,
    /// At Microsoft: the tenant’s id.
    tenant: Option<String>,
    /// At any provider: its issuer, exactly as it says it.
    issuer: Option<String>,
    /// What the provider calls us.
    #[schemars(length(min = 1, max = 255))]
    client_id: Option<String>,
    /// The client’s secret; an empty text, if it is a public one from now on. Needed anew with another issuer or client. It is kept sealed and never shown.
    #[schemars(with = "Option<String>")]
    client_secret: Option<SecretText>,
    /// Whose addresses come in. At Google, domains of its Workspace; at Microsoft, those the tenant answers for.
    #[schemars(length(max = 20))]
    domains: Option<Vec<String>>,
    /// The claim that names somebody’s groups; an empty text, if none does.
    groups_claim: Option<String>,
    /// How long ago somebody may have proved to the provider who they are, in minutes; 0, if that doesn’t matter.
    #[schemars(range(max = 43200))]
    max_age_minutes: Option<u32>,
    /// The version this is decided on: if it isn't that any more, nothing changes.
    version: Option<u32>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn create(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/v1/sso/connections/oidc")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_connection.create")
        .summary("Connect an OpenID provider")
        .describe("`facts` of the answer hold the redirect URI that the provider has to know.")
        .takes::<New>()
        .example(json!({
            "name": "Company sign-in", "preset": "any", "issuer": "https://id.example.com", "client_id": "sealpost",
            "client_secret": "example secret", "domains": ["clinic.example"],
        }))
        .answers::<ConnectionView>(201)
        .refuses(&[&SSO_FULL])
        .to(move |call| handle_create(sso.clone(), call))
}

async fn handle_create(sso: Sso, call: Call<New>) -> Result<Reply, Failure> {
    let (call, body) = call.take_body();
    let New { name, preset, tenant, issuer, client_id, client_secret, domains, groups_claim, max_age_minutes, .. } =
        body;
    let (preset, client_id) = (Some(preset), Some(client_id));
    let draft = Draft { preset, tenant, issuer, client_id, client_secret, domains, groups_claim, max_age_minutes };
    let keys = (sso.house.keys().clone(), sso.house.keys().organisation(call.ctx.org.id).await?);
    let (url, client) = (sso.public_url.clone(), sso.client.clone());
    let act = move |tx: &mut Tx<'_>| {
        let made = service::make(tx, (&keys.0, &keys.1), client.network().policy(), (name, &draft))?;
        let connection = made.value();
        let reply = Reply::json(201, &ConnectionView::of(connection, &url))?;
        let reply = reply.location(&format!("/v1/sso/connections/{}", connection.id));
        Ok(made.map(|_| reply))
    };
    call.write(&sso.house, act).await
}

pub(super) fn update(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    patch("/v1/sso/connections/{connection}/oidc")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_connection.update")
        .summary("Change how an OpenID provider is asked")
        .takes::<Change>()
        .example(json!({ "domains": ["clinic.example", "praxis.example"], "max_age_minutes": 720 }))
        .answers::<ConnectionView>(200)
        .refuses(&[&CHANGED_MEANWHILE])
        .to(move |call| handle_update(sso.clone(), call))
}

async fn handle_update(sso: Sso, call: Call<Change>) -> Result<Reply, Failure> {
    let id: SsoConnectionId = call.id("connection")?;
    let (call, body) = call.take_body();
    let Change {
        name,
        preset,
        tenant,
        issuer,
        client_id,
        client_secret,
        domains,
        groups_claim,
        max_age_minutes,
        version,
        ..
    } = body;
    let draft = Draft { preset, tenant, issuer, client_id, client_secret, domains, groups_claim, max_age_minutes };
    let keys = sso.house.keys().organisation(call.ctx.org.id).await?;
    let (url, client) = (sso.public_url.clone(), sso.client.clone());
    let act = move |tx: &mut Tx<'_>| {
        let merged = |standing: &_| draft.over(standing);
        let changed = service::change(tx, &keys, client.network().policy(), (id, version), (name, merged))?;
        let reply = Reply::ok(&ConnectionView::of(changed.value(), &url))?;
        Ok(changed.map(|_| reply))
    };
    call.write(&sso.house, act).await
}
