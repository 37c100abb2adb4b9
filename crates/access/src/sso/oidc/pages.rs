//! `GET` and `POST /app/{env}/sso/new/oidc` and `/app/{env}/sso/{connection}/oidc`

use schemars::JsonSchema;
use sealpost_seal::SecretText;
use sealpost_store::{SsoConnectionId, Tx};
use sealpost_web::problem::{BODY_INVALID, CHANGED_MEANWHILE};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind as Input};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::settings::{Draft, Settings};
use super::{flow, service};
use crate::permissions::SSO_MANAGE;
use crate::sso::codes::SSO_FULL;
use crate::sso::{Connection, Sso};

/// How a provider is asked.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OidcConnectionForm")]
struct Form {
    name: Option<String>,
    /// `google`, `microsoft` or `any`.
    preset: Option<String>,
    tenant: Option<String>,
    issuer: Option<String>,
    client_id: Option<String>,
    /// Left empty, what is kept stays.
    #[schemars(with = "Option<String>")]
    client_secret: Option<SecretText>,
    /// Domains with spaces between.
    domains: Option<String>,
    groups_claim: Option<String>,
    max_age_minutes: Option<String>,
    /// The version this is decided on.
    version: Option<u32>,
}

impl Form {
    fn of(connection: &Connection, settings: &Settings) -> Self {
        let draft = Draft::of(settings);
        Self {
            name: Some(connection.name.clone()),
            preset: draft.preset,
            tenant: draft.tenant,
            issuer: draft.issuer,
            client_id: draft.client_id,
            client_secret: None,
            domains: Some(settings.domains.join(" ")),
            groups_claim: draft.groups_claim,
            max_age_minutes: draft.max_age_minutes.map(|minutes| minutes.to_string()),
            version: Some(connection.version),
        }
    }

    fn name(&self) -> String {
        self.name.as_deref().unwrap_or_default().trim().to_owned()
    }

    fn read(&self) -> Result<Draft, Refusal> {
        let wrong = |at: &'static str, code: &'static str| Refusal::of(&BODY_INVALID).at(at, code);
        let minutes = self.max_age_minutes.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let minutes = minutes.map(|text| text.parse().map_err(|_| wrong("/max_age_minutes", "out_of_range")));
        let domains = self.domains.as_deref().unwrap_or_default();
        let domains =
            domains.split([' ', ',', '\n', '\r', '\t']).filter(|one| !one.is_empty()).map(str::to_owned).collect();
        let secret = self.client_secret.as_ref().filter(|secret| !secret.expose().is_empty());
        Ok(Draft {
            preset: self.preset.clone(),
            tenant: self.tenant.clone(),
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            client_secret: secret.map(|secret| SecretText::new(secret.expose().to_owned())),
            domains: Some(domains),
            groups_claim: self.groups_claim.clone(),
            max_age_minutes: minutes.transpose()?,
        })
    }
}

pub(super) fn ask_new(_: &Sso) -> Endpoint {
    get("/app/{env}/sso/new/oidc")
        .needs(SSO_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask which OpenID provider is connected")
        .to(|call: Call| std::future::ready(making(&call, &Form::default()).show(&call)))
}

pub(super) fn create(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/app/{env}/sso/new/oidc")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_connection.create")
        .done("Connected: now give the provider the redirect URI")
        .summary("Connect an OpenID provider")
        .takes_form::<Form>()
        .example(json!({
            "name": "Company sign-in", "preset": "any", "issuer": "https://id.example.com", "client_id": "sealpost",
        }))
        .answers_with(303, "")
        .refuses(&[&SSO_FULL])
        .to(move |call| handle_create(sso.clone(), call))
}

async fn handle_create(sso: Sso, call: Call<Form>) -> Result<Reply, Failure> {
    let made = async {
        let (name, draft) = (call.body.name(), call.body.read()?);
        let keys = (sso.house.keys().clone(), sso.house.keys().organisation(call.ctx.org.id).await?);
        let (client, done) = (sso.client.clone(), call.done("/sso"));
        let act = move |tx: &mut Tx<'_>| {
            let made = service::make(tx, (&keys.0, &keys.1), client.network().policy(), (name, &draft))?;
            let to = made.value().id.to_string();
            Ok(made.map(|_| done.leads_to(&to)))
        };
        call.write(&sso.house, act).await
    };
    match made.await {
        Ok(reply) => Ok(reply),
        Err(failure) => making(&call, &call.body).again(&call, failure),
    }
}

pub(super) fn ask_change(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/app/{env}/sso/{connection}/oidc")
        .needs(SSO_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask how an OpenID provider is asked")
        .to(move |call: Call| {
            let sso = sso.clone();
            async move {
                let id: SsoConnectionId = call.id("connection")?;
                let (connection, settings) = sso.house.peek(&call.ctx, move |tx| service::find(tx, id)).await?;
                changing(&sso, &call, id, &Form::of(&connection, &settings)).show(&call)
            }
        })
}

pub(super) fn change(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/app/{env}/sso/{connection}/oidc")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_connection.update")
        .done("Connection changed")
        .summary("Change how an OpenID provider is asked")
        .takes_form::<Form>()
        .example(json!({
            "name": "Company sign-in", "preset": "any", "issuer": "https://id.example.com", "client_id": "sealpost",
        }))
        .answers_with(303, "")
        .refuses(&[&CHANGED_MEANWHILE])
        .to(move |call| handle_change(sso.clone(), call))
}

async fn handle_change(sso: Sso, call: Call<Form>) -> Result<Reply, Failure> {
    let id: SsoConnectionId = call.id("connection")?;
    let changed = async {
        let (name, draft, known) = (call.body.name(), call.body.read()?, call.body.version);
        let keys = sso.house.keys().organisation(call.ctx.org.id).await?;
        let (client, done) = (sso.client.clone(), call.done(&format!("/sso/{id}")));
        let act = move |tx: &mut Tx<'_>| {
            let policy = client.network().policy();
            Ok(service::change(tx, &keys, policy, (id, known), (Some(name), |_: &_| draft))?.map(|_| done))
        };
        call.write(&sso.house, act).await
    };
    match changed.await {
        Ok(reply) => Ok(reply),
        Err(failure) => changing(&sso, &call, id, &call.body).again(&call, failure),
    }
}

fn making<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let says = "Register a web application there, with the code flow. Its redirect URI is shown once this is saved.";
    let ask = Ask::new(call, "Connect by OpenID Connect", says, "/sso");
    asked(ask, form, "The provider shows it once. Left empty for a public client.").submit("Connect")
}

fn changing<B, Q>(sso: &Sso, call: &Call<B, Q>, id: SsoConnectionId, form: &Form) -> Ask {
    let says = format!("The provider leads members back to {}", flow::redirect_uri(&sso.public_url, id));
    let ask = Ask::new(call, "How the provider is asked", says, &format!("/sso/{id}"));
    let ask = asked(ask, form, "Left empty, the one that is kept stays. Needed again with another provider or client.");
    let ask = ask.submit("Change");
    match form.version {
        Some(version) => ask.hidden("version", version.to_string()),
        None => ask,
    }
}

fn asked(ask: Ask, form: &Form, secret: &'static str) -> Ask {
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let presets = vec![
        Choice::new("google", "Google"),
        Choice::new("microsoft", "Microsoft Entra ID"),
        Choice::new("any", "Any other provider"),
    ];
    ask.sensitive()
        .field(Field::new("name", "Name").value(given(&form.name)).placeholder("Company sign-in").required())
        .field(
            Field::new("preset", "Provider")
                .kind(Input::Choice(presets))
                .value(form.preset.clone().unwrap_or_else(|| "google".to_owned())),
        )
        .field(Field::new("tenant", "Tenant ID").value(given(&form.tenant)).hint("Microsoft only: the directory’s id."))
        .field(
            Field::new("issuer", "Issuer")
                .kind(Input::Typed("url"))
                .value(given(&form.issuer))
                .placeholder("https://id.clinic.example")
                .hint("Other providers only: exactly as the provider says it."),
        )
        .field(Field::new("client_id", "Client ID").value(given(&form.client_id)).required())
        .field(Field::new("client_secret", "Client secret").kind(Input::Typed("password")).hint(secret))
        .field(
            Field::new("domains", "Only addresses of")
                .value(given(&form.domains))
                .placeholder("clinic.example")
                .hint("Domains with spaces between. At Microsoft, the domains whose addresses the tenant answers for."),
        )
        .field(
            Field::new("groups_claim", "Claim with groups")
                .value(given(&form.groups_claim))
                .placeholder("groups")
                .hint("Left empty, groups decide nothing."),
        )
        .field(
            Field::new("max_age_minutes", "Signed in there within minutes")
                .kind(Input::Typed("number"))
                .value(given(&form.max_age_minutes))
                .hint("Left empty, whenever."),
        )
}
