//! `POST /v1/sso/connections/saml`

use schemars::JsonSchema;
use sealpost_store::Tx;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::body::{AsksBody, brought};
use crate::members::MemberRefused;
use crate::members::codes::{ROLE_EXCEEDS, ROLE_UNKNOWN};
use crate::permissions::SSO_MANAGE;
use crate::roles::RoleRef;
use crate::sso::api::ConnectionView;
use crate::sso::codes::{SAML_METADATA_REFUSED, SSO_FULL, SSO_ROLE_UNSUITABLE, SSO_UNAVAILABLE};
use crate::sso::saml::service::{self, Signing, Wanted};
use crate::sso::saml::settings::Asks;
use crate::sso::{GroupRole, Kind, New, Sso, create};

/// A connection to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSamlConnection")]
struct Body {
    /// What people call it.
    #[schemars(length(min = 1, max = 60))]
    name: String,
    /// The provider’s metadata. It may come later: many providers want to know our addresses first.
    metadata: Option<String>,
    /// Where to fetch it, and to look again once a day: an https URL.
    metadata_url: Option<String>,
    /// What is asked of the provider.
    #[serde(default)]
    asks: AsksBody,
    /// What our requests are signed with: `rsa` unless it is said.
    signing: Option<Signing>,
    /// As what somebody becomes a member whom nobody has invited, if their domain is verified; nobody does, if absent.
    newcomers: Option<String>,
    /// Which of its groups give which role: the first that fits.
    #[serde(default)]
    #[schemars(length(max = 100))]
    groups: Vec<GroupRole>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn route(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/v1/sso/connections/saml")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_connection.create")
        .summary("Connect a SAML identity provider")
        .describe(
            "Makes the keys that our requests are signed with, and the addresses that the provider has to know: they are among the \
             facts of the answer. A file with a private key in it is refused, and nothing of it is kept.",
        )
        .takes::<Body>()
        .example(json!({ "name": "Company sign-in", "asks": { "encryption": "none" }, "signing": "p256", "newcomers": "viewer" }))
        .answers::<ConnectionView>(201)
        .refuses(&[
            &SAML_METADATA_REFUSED,
            &SSO_UNAVAILABLE,
            &SSO_FULL,
            &SSO_ROLE_UNSUITABLE,
            &ROLE_EXCEEDS,
            &ROLE_UNKNOWN,
        ])
        .to(move |call| handle(sso.clone(), call))
}

async fn handle(sso: Sso, call: Call<Body>) -> Result<Reply, Failure> {
    let body = &call.body;
    let newcomers = body.newcomers.as_deref().filter(|role| !role.is_empty()).map(str::parse::<RoleRef>).transpose();
    let wanted = Wanted {
        brought: brought(&body.metadata, &body.metadata_url)?,
        asks: Some(body.asks.over(Asks::default())),
        signing: body.signing.unwrap_or_default(),
        act: None,
    };
    let new = New {
        kind: Kind::Saml,
        name: body.name.clone(),
        settings: String::new(),
        newcomers: newcomers.map_err(|_| MemberRefused::RoleUnknown)?,
        groups: body.groups.clone(),
    };
    let settings = service::begin(&sso, &call.ctx, wanted).await?.to_text()?;
    let new = New { settings, ..new };
    let (all, organisation) = (sso.house.keys().clone(), sso.house.keys().organisation(call.ctx.org.id).await?);
    let url = sso.public_url.clone();
    let act = move |tx: &mut Tx<'_>| {
        let made = create(tx, (&all, &organisation), &new)?;
        let location = format!("/v1/sso/connections/{}", made.value().id);
        let reply = Reply::json(201, &ConnectionView::of(made.value(), &url))?.location(&location);
        Ok(made.map(|_| reply))
    };
    call.write(&sso.house, act).await
}
