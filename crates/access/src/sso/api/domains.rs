//! `/v1/sso/domains`

use schemars::JsonSchema;
use sealpost_store::{SsoConnectionId, Time, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, delete, get, not_found, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::permissions::{SSO_MANAGE, SSO_READ};
use crate::sso::codes::{DOMAIN_NOT_PROVED, DOMAIN_TAKEN, SSO_FULL, SSO_IN_USE};
use crate::sso::model::Domain;
use crate::sso::{Sso, domains, rules, store};

/// A domain.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SsoDomain")]
struct DomainView {
    domain: String,
    connection: SsoConnectionId,
    /// The name of the TXT record that proves it.
    record_name: String,
    /// What the record has to say.
    record_value: String,
    /// Since when it is proved.
    verified_at: Option<Time>,
    created_at: Time,
}

impl From<&Domain> for DomainView {
    fn from(domain: &Domain) -> Self {
        Self {
            domain: domain.name.clone(),
            connection: domain.connection,
            record_name: domain.record_name(),
            record_value: domain.record(),
            verified_at: domain.verified_at,
            created_at: domain.created_at,
        }
    }
}

/// All of them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SsoDomains")]
struct DomainsView {
    data: Vec<DomainView>,
}

/// A domain that is the organisation’s own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSsoDomain")]
struct Body {
    /// In ASCII.
    #[schemars(length(min = 3, max = 200))]
    domain: String,
    /// To which connection its addresses are led.
    connection: SsoConnectionId,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn list(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/v1/sso/domains").needs(SSO_READ).class(Class::Read).summary("List domains").answers::<DomainsView>(200).to(
        move |call: Call| {
            let sso = sso.clone();
            async move {
                let all = sso.house.peek(&call.ctx, store::domains).await?;
                Ok::<_, Failure>(Reply::ok(&DomainsView { data: all.iter().map(DomainView::from).collect() })?)
            }
        },
    )
}

pub(super) fn claim(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/v1/sso/domains")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_domain.create")
        .summary("Claim a domain")
        .describe("The answer says which TXT record proves it. It counts once it is verified.")
        .takes::<Body>()
        .example(json!({ "domain": "clinic.example", "connection": SsoConnectionId::from_bytes([0; 16]) }))
        .answers::<DomainView>(201)
        .refuses(&[&DOMAIN_TAKEN, &SSO_FULL])
        .to(move |call: Call<Body>| {
            let sso = sso.clone();
            async move {
                let keys = sso.house.keys().organisation(call.ctx.org.id).await?;
                let (name, connection) = (call.body.domain.clone(), call.body.connection);
                let act = move |tx: &mut Tx<'_>| {
                    let claimed = domains::claim(tx, &keys, &name, connection)?;
                    let reply = Reply::json(201, &DomainView::from(claimed.value()))?;
                    Ok(claimed.map(|_| reply))
                };
                call.write(&sso.house, act).await
            }
        })
}

pub(super) fn verify(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/v1/sso/domains/{domain}/verify")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_domain.verify")
        .summary("Look whether a domain’s DNS says that it is the organisation’s")
        .answers::<DomainView>(200)
        .refuses(&[&DOMAIN_NOT_PROVED, &DOMAIN_TAKEN])
        .to(move |call: Call| {
            let sso = sso.clone();
            async move {
                let name = rules::domain(call.param("domain")).ok_or_else(not_found)?;
                let wanted = name.clone();
                let domain = sso.house.peek(&call.ctx, move |tx| store::domain(tx, &wanted)).await?;
                if !domains::is_proved(&sso, &domain.ok_or_else(not_found)?).await {
                    return Err(domains::not_proved());
                }
                let keys = (sso.house.keys().clone(), sso.house.keys().organisation(call.ctx.org.id).await?);
                let act = move |tx: &mut Tx<'_>| {
                    let verified = domains::verify(tx, (&keys.0, &keys.1), &name)?;
                    let reply = Reply::ok(&DomainView::from(verified.value()))?;
                    Ok(verified.map(|_| reply))
                };
                call.write(&sso.house, act).await
            }
        })
}

pub(super) fn remove(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    delete("/v1/sso/domains/{domain}")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_domain.remove")
        .summary("Give a domain up")
        .answers_with(204, "")
        .refuses(&[&SSO_IN_USE])
        .to(move |call: Call| {
            let sso = sso.clone();
            async move {
                let name = rules::domain(call.param("domain")).ok_or_else(not_found)?;
                let keys = (sso.house.keys().clone(), sso.house.keys().organisation(call.ctx.org.id).await?);
                let act =
                    move |tx: &mut Tx<'_>| Ok(domains::remove(tx, (&keys.0, &keys.1), &name)?.map(|()| Reply::empty()));
                call.write(&sso.house, act).await
            }
        })
}
