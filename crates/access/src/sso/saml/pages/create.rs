//! `GET` and `POST /app/{env}/sso/new/saml`

use schemars::JsonSchema;
use sealpost_store::Tx;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind as Input};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::form::{brought, metadata_fields};
use crate::permissions::SSO_MANAGE;
use crate::sso::codes::{SAML_METADATA_REFUSED, SSO_FULL, SSO_UNAVAILABLE};
use crate::sso::saml::service::{self, Signing, Wanted};
use crate::sso::{Kind, New, Sso, create};

/// A connection to be made.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSamlConnectionForm")]
struct Form {
    name: Option<String>,
    /// Where to fetch the provider’s metadata.
    metadata_url: Option<String>,
    /// The metadata itself.
    metadata: Option<String>,
    /// What our requests are signed with: `rsa` or `p256`.
    signing: Option<Signing>,
}

pub(super) fn ask(_: &Sso) -> Endpoint {
    get("/app/{env}/sso/new/saml")
        .needs(SSO_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask which SAML identity provider to connect")
        .to(|call: Call| async move { question(&call, &Form::default()).show(&call) })
}

pub(super) fn route(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/app/{env}/sso/new/saml")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_connection.create")
        .body_limit(512 * 1024)
        .done("Connected: now tell the provider our addresses")
        .summary("Connect a SAML identity provider")
        .takes_form::<Form>()
        .example(json!({ "name": "Company sign-in", "signing": "p256" }))
        .answers_with(303, "")
        .refuses(&[&SAML_METADATA_REFUSED, &SSO_UNAVAILABLE, &SSO_FULL])
        .to(move |call| handle(sso.clone(), call))
}

async fn handle(sso: Sso, call: Call<Form>) -> Result<Reply, Failure> {
    match made(&sso, &call).await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

async fn made(sso: &Sso, call: &Call<Form>) -> Result<Reply, Failure> {
    let form = &call.body;
    let wanted = Wanted {
        brought: brought(&form.metadata, &form.metadata_url),
        signing: form.signing.unwrap_or_default(),
        ..Wanted::default()
    };
    let new = New {
        kind: Kind::Saml,
        name: form.name.as_deref().unwrap_or_default().trim().to_owned(),
        settings: service::begin(sso, &call.ctx, wanted).await?.to_text()?,
        newcomers: None,
        groups: Vec::new(),
    };
    let (all, organisation) = (sso.house.keys().clone(), sso.house.keys().organisation(call.ctx.org.id).await?);
    let done = call.done("/sso");
    let act = move |tx: &mut Tx<'_>| {
        let made = create(tx, (&all, &organisation), &new)?;
        Ok(made.map(|made| done.leads_to(&made.id.to_string())))
    };
    call.write(&sso.house, act).await
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let signing = vec![
        Choice::new("rsa", "RSA, which every provider knows"),
        Choice::new("p256", "ECDSA on P-256, if yours does"),
    ];
    let chosen = if form.signing == Some(Signing::P256) { "p256" } else { "rsa" };
    let ask = Ask::new(
        call,
        "Connect by SAML",
        "We make our keys and the addresses that the provider has to know. Who may come by it is decided next.",
        "/sso",
    )
    .sensitive()
    .field(
        Field::new("name", "Name")
            .value(form.name.clone().unwrap_or_default())
            .placeholder("Company sign-in")
            .hint("What members see where they sign in.")
            .required(),
    );
    metadata_fields(ask, &form.metadata, &form.metadata_url)
        .field(Field::new("signing", "Our requests are signed with").kind(Input::Choice(signing)).value(chosen))
        .submit("Connect")
}
