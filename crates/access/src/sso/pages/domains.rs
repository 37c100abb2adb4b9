//! `GET` and `POST /app/{env}/sso/domains/new`, `…/{domain}/verify`, `…/{domain}/remove`

use schemars::JsonSchema;
use sealpost_store::{SsoConnectionId, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::parts::{Choice, Field, Kind as Input};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, get, not_found, post};
use serde::Deserialize;
use serde_json::json;

use crate::permissions::SSO_MANAGE;
use crate::sso::codes::{DOMAIN_NOT_PROVED, DOMAIN_TAKEN, SSO_FULL, SSO_IN_USE};
use crate::sso::model::Domain;
use crate::sso::{Sso, domains, rules, store};

/// A domain that is the organisation’s own.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SsoDomainForm")]
struct Form {
    domain: Option<String>,
    /// To which connection its addresses are led.
    connection: Option<SsoConnectionId>,
}

pub(super) fn ask_claim(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/app/{env}/sso/domains/new")
        .needs(SSO_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask which domain is the organisation’s own")
        .to(move |call: Call| {
            let sso = sso.clone();
            async move { claiming(&sso, &call, &Form::default()).await?.show(&call) }
        })
}

pub(super) fn claim(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/app/{env}/sso/domains/new")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_domain.create")
        .done("Domain claimed: now prove it")
        .summary("Claim a domain")
        .takes_form::<Form>()
        .example(json!({ "domain": "clinic.example", "connection": SsoConnectionId::from_bytes([0; 16]) }))
        .answers_with(303, "")
        .refuses(&[&DOMAIN_TAKEN, &SSO_FULL])
        .to(move |call: Call<Form>| {
            let sso = sso.clone();
            async move {
                let made = async {
                    let missing = || Refusal::of(&BODY_INVALID).at("/connection", "field_missing");
                    let connection = call.body.connection.ok_or_else(missing)?;
                    let name = call.body.domain.clone().unwrap_or_default();
                    let keys = sso.house.keys().organisation(call.ctx.org.id).await?;
                    let done = call.done("/sso");
                    let act = move |tx: &mut Tx<'_>| Ok(domains::claim(tx, &keys, &name, connection)?.map(|_| done));
                    call.write(&sso.house, act).await
                };
                match made.await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => claiming(&sso, &call, &call.body).await?.again(&call, failure),
                }
            }
        })
}

async fn claiming<B, Q>(sso: &Sso, call: &Call<B, Q>, form: &Form) -> Result<Ask, Failure> {
    let connections = sso.house.peek(&call.ctx, store::all).await?;
    let choices = connections.iter().map(|one| Choice::new(one.id, one.name.clone())).collect();
    Ok(Ask::new(
        call,
        "Which domain is yours?",
        "Whoever writes an address of it is led to the connection, once a TXT record of its DNS proves that it is yours.",
        "/sso",
    )
    .sensitive()
    .field(
        Field::new("domain", "Domain")
            .value(form.domain.clone().unwrap_or_default())
            .placeholder("clinic.example")
            .required(),
    )
    .field(
        Field::new("connection", "Leads to")
            .kind(Input::Choice(choices))
            .value(form.connection.map(|id| id.to_string()).unwrap_or_default()),
    )
    .submit("Claim"))
}

pub(super) fn ask_verify(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/app/{env}/sso/domains/{domain}/verify")
        .needs(SSO_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to look for a domain’s record")
        .to(move |call: Call| {
            let sso = sso.clone();
            async move { verifying(&call, &domain(&sso, &call).await?).show(&call) }
        })
}

pub(super) fn verify(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/app/{env}/sso/domains/{domain}/verify")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_domain.verify")
        .done("Domain verified")
        .summary("Look whether a domain’s DNS says that it is the organisation’s")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&DOMAIN_NOT_PROVED, &DOMAIN_TAKEN])
        .to(move |call: Call<Yes>| {
            let sso = sso.clone();
            async move {
                let found = domain(&sso, &call).await?;
                let verified = async {
                    if !domains::is_proved(&sso, &found).await {
                        return Err(domains::not_proved());
                    }
                    let keys = (sso.house.keys().clone(), sso.house.keys().organisation(call.ctx.org.id).await?);
                    let (name, done) = (found.name.clone(), call.done("/sso"));
                    let act = move |tx: &mut Tx<'_>| Ok(domains::verify(tx, (&keys.0, &keys.1), &name)?.map(|_| done));
                    call.write(&sso.house, act).await
                };
                match verified.await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => verifying(&call, &found).again(&call, failure),
                }
            }
        })
}

fn verifying<B, Q>(call: &Call<B, Q>, domain: &Domain) -> Ask {
    let says = format!(
        "Enter a TXT record {} that says {}, and look for it here. It may take a while until it is seen.",
        domain.record_name(),
        domain.record()
    );
    Ask::new(call, format!("Is {} yours?", domain.name), says, "/sso").sensitive().submit("Look")
}

pub(super) fn ask_remove(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/app/{env}/sso/domains/{domain}/remove")
        .needs(SSO_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to give a domain up")
        .to(move |call: Call| {
            let sso = sso.clone();
            async move { removing(&call, &domain(&sso, &call).await?).show(&call) }
        })
}

pub(super) fn remove(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/app/{env}/sso/domains/{domain}/remove")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_domain.remove")
        .done("Domain given up")
        .summary("Give a domain up")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&SSO_IN_USE])
        .to(move |call: Call<Yes>| {
            let sso = sso.clone();
            async move {
                let found = domain(&sso, &call).await?;
                let keys = (sso.house.keys().clone(), sso.house.keys().organisation(call.ctx.org.id).await?);
                let (name, done) = (found.name.clone(), call.done("/sso"));
                let act = move |tx: &mut Tx<'_>| Ok(domains::remove(tx, (&keys.0, &keys.1), &name)?.map(|()| done));
                match call.write(&sso.house, act).await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => removing(&call, &found).again(&call, failure),
                }
            }
        })
}

fn removing<B, Q>(call: &Call<B, Q>, domain: &Domain) -> Ask {
    let says = "Its addresses are led nowhere any more, and nobody becomes a member by them.";
    Ask::new(call, format!("Give {} up?", domain.name), says, "/sso").sensitive().danger().submit("Give up")
}

async fn domain<B, Q>(sso: &Sso, call: &Call<B, Q>) -> Result<Domain, Failure> {
    let name = rules::domain(call.param("domain")).ok_or_else(not_found)?;
    Ok(sso.house.peek(&call.ctx, move |tx| store::domain(tx, &name)).await?.ok_or_else(not_found)?)
}
