//! `GET /app/{env}/sso/{connection}`

use askama::Template;
use sealpost_store::{SsoConnectionId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::When;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found};

use crate::permissions::{SSO_MANAGE, SSO_READ};
use crate::sso::model::{Connection, GroupRole, Kind};
use crate::sso::{Sso, oidc, saml, service};

/// One connection.
#[derive(Template)]
#[template(path = "sso/pages/show.html")]
pub(super) struct ShowPage {
    list: String,
    name: String,
    kind: &'static str,
    enabled: bool,
    facts: Vec<(&'static str, String)>,
    sign_in: String,
    newcomers: Option<String>,
    groups: Vec<GroupRole>,
    refused: Option<(When, String)>,
    changed: When,
    settings: Option<String>,
    edit: Option<String>,
    remove: Option<String>,
}

pub(super) fn route(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/app/{env}/sso/{connection}")
        .needs(SSO_READ)
        .page()
        .class(Class::Read)
        .summary("A service by which members sign in")
        .to(move |call| show(sso.clone(), call))
}

async fn show(sso: Sso, call: Call) -> Result<Reply, Failure> {
    let id: SsoConnectionId = call.id("connection")?;
    let found = sso.house.peek(&call.ctx, move |tx| service::find(tx, id)).await?.ok_or_else(not_found)?;
    let may = call.caller.permissions.contains(SSO_MANAGE);
    call.show(&found.name, &page(&found, &sso.public_url, may, call.ctx.now(), |path| call.at(path)))
}

/// The page for somebody who may change it or not; `at` leads somewhere after `/app/{env}`.
pub(super) fn page(
    connection: &Connection,
    public_url: &str,
    may: bool,
    now: Time,
    at: impl Fn(&str) -> String,
) -> ShowPage {
    let own = |act: &str| may.then(|| at(&format!("/sso/{}/{act}", connection.id)));
    ShowPage {
        list: at("/sso"),
        name: connection.name.clone(),
        kind: connection.kind.title(),
        enabled: connection.enabled,
        facts: match connection.kind {
            Kind::Oidc => oidc::facts(connection, public_url),
            Kind::Saml => saml::facts(connection, public_url),
        },
        sign_in: format!("{public_url}/sign-in/with/{}", connection.id),
        newcomers: connection.newcomers.map(|role| role.to_string()),
        groups: connection.groups.clone(),
        refused: connection.refused.clone().map(|(at, code)| (When::new(at, now), code)),
        changed: When::new(connection.updated_at, now),
        settings: own(connection.kind.word()),
        edit: own("edit"),
        remove: own("remove"),
    }
}
