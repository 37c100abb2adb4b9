//! `PATCH /v1/sso/connections/{connection}/saml`

use schemars::JsonSchema;
use sealpost_store::{SsoConnectionId, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, patch};
use serde::Deserialize;
use serde_json::json;

use super::body::{AsksBody, brought};
use crate::permissions::SSO_MANAGE;
use crate::sso::api::ConnectionView;
use crate::sso::codes::{SAML_METADATA_REFUSED, SAML_NOTHING_ANNOUNCED, SSO_UNAVAILABLE};
use crate::sso::saml::service::{self, Act, Signing, Wanted};
use crate::sso::saml::settings::Settings;
use crate::sso::{Sso, set_settings};

/// What changes: what is absent stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SamlConnectionChange")]
struct Body {
    /// What people call it from now on.
    #[schemars(length(min = 1, max = 60))]
    name: Option<String>,
    /// The provider’s metadata. Whoever came by another provider comes back as somebody unknown.
    metadata: Option<String>,
    /// Where to fetch it, and to look again once a day.
    metadata_url: Option<String>,
    /// What is asked of the provider.
    #[serde(default)]
    asks: AsksBody,
    /// One thing to do besides.
    act: Option<Act>,
    /// What an announced key is to be.
    signing: Option<Signing>,
    /// The version this is decided on: if it isn't that any more, nothing changes.
    version: Option<u32>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn route(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    patch("/v1/sso/connections/{connection}/saml")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_connection.update")
        .summary("Change what a SAML connection knows and asks of its provider")
        .describe(
            "Keys change hands in two steps: `announce_signing_key` puts a new one into our metadata, and `use_announced_key` signs \
             with it once the provider knows it. A new decryption key is announced at once, and the one before opens for a week longer.",
        )
        .takes::<Body>()
        .example(json!({ "asks": { "force_authn": true } }))
        .answers::<ConnectionView>(200)
        .refuses(&[&CHANGED_MEANWHILE, &SAML_METADATA_REFUSED, &SAML_NOTHING_ANNOUNCED, &SSO_UNAVAILABLE])
        .to(move |call| handle(sso.clone(), call))
}

async fn handle(sso: Sso, call: Call<Body>) -> Result<Reply, Failure> {
    let (id, body) = (call.id::<SsoConnectionId>("connection")?, &call.body);
    let found = service::find(&sso, &call.ctx, id, body.version).await?;
    let settings = Settings::of(&found)?;
    let wanted = Wanted {
        brought: brought(&body.metadata, &body.metadata_url)?,
        asks: Some(body.asks.over(settings.asks.clone())),
        act: body.act,
        signing: body.signing.unwrap_or_default(),
    };
    let text = service::change(&sso, &call.ctx, settings, wanted).await?.to_text()?;
    let (keys, url) = (sso.house.keys().organisation(call.ctx.org.id).await?, sso.public_url.clone());
    let (name, version) = (body.name.clone(), found.version);
    let act = move |tx: &mut Tx<'_>| {
        let changed = set_settings(tx, &keys, id, Some(version), (name, text))?;
        let reply = Reply::ok(&ConnectionView::of(changed.value(), &url))?;
        Ok(changed.map(|_| reply))
    };
    call.write(&sso.house, act).await
}
