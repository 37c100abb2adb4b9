//! `GET /app/{env}/sso`

use askama::Template;
use sealpost_store::{StoreError, Tx};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::Empty;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use crate::permissions::{SSO_MANAGE, SSO_READ};
use crate::sso::model::{Connection, Domain};
use crate::sso::{Sso, policy, store};

/// How members sign in.
#[derive(Template)]
#[template(path = "sso/pages/list.html")]
pub(super) struct ListPage {
    may: bool,
    required: bool,
    /// What it takes before they can be made to.
    missing: Vec<&'static str>,
    policy: String,
    new_oidc: String,
    new_saml: String,
    new_domain: String,
    connections: Vec<Row>,
    domains: Vec<DomainRow>,
    empty: Empty,
}

struct Row {
    href: String,
    name: String,
    kind: &'static str,
    enabled: bool,
    refused: bool,
}

struct DomainRow {
    name: String,
    leads_to: String,
    verified: bool,
    record_name: String,
    record: String,
    verify: String,
    remove: String,
}

pub(super) fn route(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/app/{env}/sso")
        .needs(SSO_READ)
        .page()
        .class(Class::Read)
        .summary("By which services members sign in")
        .to(move |call| show(sso.clone(), call))
}

/// All there is to know.
#[derive(Default)]
pub(super) struct Known {
    pub(super) connections: Vec<Connection>,
    pub(super) domains: Vec<Domain>,
    pub(super) required: bool,
    pub(super) missing: Vec<&'static str>,
}

fn known(tx: &mut Tx<'_>) -> Result<Known, StoreError> {
    Ok(Known {
        connections: store::all(tx)?,
        domains: store::domains(tx)?,
        required: policy::is_required(tx)?,
        missing: policy::missing(tx)?,
    })
}

async fn show(sso: Sso, call: Call) -> Result<Reply, Failure> {
    let known = sso.house.peek(&call.ctx, known).await?;
    let may = call.caller.permissions.contains(SSO_MANAGE);
    call.show("Sign-in", &page(known, may, |path| call.at(path)))
}

/// The page for somebody who may change it or not; `at` leads somewhere after `/app/{env}`.
pub(super) fn page(known: Known, may: bool, at: impl Fn(&str) -> String) -> ListPage {
    let Known { connections, domains, required, missing } = known;
    let name_of = |domain: &Domain| {
        let found = connections.iter().find(|one| one.id == domain.connection);
        found.map_or_else(|| domain.connection.to_string(), |one| one.name.clone())
    };
    let domains = domains.iter().map(|domain| DomainRow {
        leads_to: name_of(domain),
        verified: domain.verified_at.is_some(),
        record_name: domain.record_name(),
        record: domain.record(),
        verify: at(&format!("/sso/domains/{}/verify", domain.name)),
        remove: at(&format!("/sso/domains/{}/remove", domain.name)),
        name: domain.name.clone(),
    });
    let domains = domains.collect();
    let rows = connections.iter().map(|one| Row {
        href: at(&format!("/sso/{}", one.id)),
        name: one.name.clone(),
        kind: one.kind.title(),
        enabled: one.enabled,
        refused: one.refused.is_some(),
    });
    let empty = Empty::new(
        Icon::SignIn,
        "No service yet",
        "Members sign in with their passkeys. Connect your organisation’s service, and they sign in where they do for everything else.",
    );
    let empty = match may {
        true => {
            empty.deed("Connect by OpenID Connect", at("/sso/new/oidc")).deed("Connect by SAML", at("/sso/new/saml"))
        }
        false => empty,
    };
    ListPage {
        may,
        required,
        missing: missing.into_iter().map(in_words).collect(),
        policy: at("/sso/policy"),
        new_oidc: at("/sso/new/oidc"),
        new_saml: at("/sso/new/saml"),
        new_domain: at("/sso/domains/new"),
        connections: rows.collect(),
        domains,
        empty,
    }
}

/// What is missing, in words.
pub(super) fn in_words(missing: &'static str) -> &'static str {
    match missing {
        "used_connection" => "Somebody has come by a connection",
        "verified_domain" => "A domain is verified",
        "owner_passkey" => "An owner has a passkey, to come back if the service fails",
        other => other,
    }
}
