//! `/v1/sso/connections`

use schemars::JsonSchema;
use sealpost_store::{SsoConnectionId, Time, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, delete, get, not_found, patch};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::members::codes::{ROLE_EXCEEDS, ROLE_UNKNOWN};
use crate::permissions::{SSO_MANAGE, SSO_READ};
use crate::roles::RoleRef;
use crate::sso::codes::{SSO_IN_USE, SSO_ROLE_UNSUITABLE};
use crate::sso::model::{Connection, GroupRole, Kind};
use crate::sso::service::{self, Changes};
use crate::sso::{Sso, oidc, saml, store};

/// A connection.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SsoConnection")]
pub(in crate::sso) struct ConnectionView {
    id: SsoConnectionId,
    kind: Kind,
    name: String,
    /// Whether anybody may come by it.
    enabled: bool,
    /// As what somebody becomes a member whom nobody has invited, if their domain is verified; nobody does, if nothing.
    newcomers: Option<String>,
    /// Which of its groups give which role: the first that fits.
    groups: Vec<GroupRole>,
    /// Where a member begins to sign in by it.
    sign_in_url: String,
    /// What to copy into the service, and what is known of it.
    facts: Vec<Fact>,
    /// How often it was changed.
    version: u32,
    /// Why somebody was refused last who came by it.
    refused: Option<RefusedView>,
    created_at: Time,
    updated_at: Time,
}

/// One thing to know.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SsoFact")]
struct Fact {
    name: &'static str,
    value: String,
}

/// A refusal.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SsoRefusal")]
struct RefusedView {
    at: Time,
    /// A stable code.
    code: String,
}

impl ConnectionView {
    pub(in crate::sso) fn of(connection: &Connection, public_url: &str) -> Self {
        let facts = match connection.kind {
            Kind::Oidc => oidc::facts(connection, public_url),
            Kind::Saml => saml::facts(connection, public_url),
        };
        Self {
            id: connection.id,
            kind: connection.kind,
            name: connection.name.clone(),
            enabled: connection.enabled,
            newcomers: connection.newcomers.map(|role| role.to_string()),
            groups: connection.groups.clone(),
            sign_in_url: format!("{public_url}/sign-in/with/{}", connection.id),
            facts: facts.into_iter().map(|(name, value)| Fact { name, value }).collect(),
            version: connection.version,
            refused: connection.refused.clone().map(|(at, code)| RefusedView { at, code }),
            created_at: connection.created_at,
            updated_at: connection.updated_at,
        }
    }
}

/// All of them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SsoConnections")]
struct ConnectionsView {
    data: Vec<ConnectionView>,
}

/// What changes about a connection: what is absent stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SsoConnectionChange")]
struct Change {
    /// What people call it from now on.
    #[schemars(length(min = 1, max = 60))]
    name: Option<String>,
    /// Whether anybody may come by it. Whoever did is signed out if not.
    enabled: Option<bool>,
    /// As what somebody becomes a member whom nobody has invited; an empty text, if nobody does.
    newcomers: Option<String>,
    /// Which groups give which role.
    #[schemars(length(max = 100))]
    groups: Option<Vec<GroupRole>>,
    /// The version this is decided on: if it isn't that any more, nothing changes.
    version: Option<u32>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

impl Change {
    fn read(&self) -> Result<Changes, Failure> {
        let newcomers = match self.newcomers.as_deref() {
            None => None,
            Some("") => Some(None),
            Some(text) => Some(Some(text.parse::<RoleRef>().map_err(|_| crate::members::MemberRefused::RoleUnknown)?)),
        };
        let Self { name, enabled, groups, .. } = self;
        Ok(Changes { name: name.clone(), enabled: *enabled, newcomers, groups: groups.clone(), settings: None })
    }
}

pub(super) fn list(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/v1/sso/connections")
        .needs(SSO_READ)
        .class(Class::Read)
        .summary("List connections")
        .answers::<ConnectionsView>(200)
        .to(move |call: Call| {
            let sso = sso.clone();
            async move {
                let all = sso.house.peek(&call.ctx, store::all).await?;
                let data = all.iter().map(|one| ConnectionView::of(one, &sso.public_url)).collect();
                Ok::<_, Failure>(Reply::ok(&ConnectionsView { data })?)
            }
        })
}

pub(super) fn show(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/v1/sso/connections/{connection}")
        .needs(SSO_READ)
        .class(Class::Read)
        .summary("Show a connection")
        .answers::<ConnectionView>(200)
        .to(move |call: Call| {
            let sso = sso.clone();
            async move {
                let id: SsoConnectionId = call.id("connection")?;
                let found = sso.house.peek(&call.ctx, move |tx| service::find(tx, id)).await?.ok_or_else(not_found)?;
                Ok::<_, Failure>(Reply::ok(&ConnectionView::of(&found, &sso.public_url))?)
            }
        })
}

pub(super) fn update(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    patch("/v1/sso/connections/{connection}")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_connection.update")
        .summary("Change who may come by a connection, and as what")
        .takes::<Change>()
        .example(json!({ "newcomers": "viewer", "groups": [{ "group": "front-desk", "role": "agent" }] }))
        .answers::<ConnectionView>(200)
        .refuses(&[&CHANGED_MEANWHILE, &SSO_IN_USE, &SSO_ROLE_UNSUITABLE, &ROLE_EXCEEDS, &ROLE_UNKNOWN])
        .to(move |call| handle(sso.clone(), call))
}

async fn handle(sso: Sso, call: Call<Change>) -> Result<Reply, Failure> {
    let id: SsoConnectionId = call.id("connection")?;
    let (changes, known) = (call.body.read()?, call.body.version);
    let (keys, url) = (sso.house.keys().organisation(call.ctx.org.id).await?, sso.public_url.clone());
    let act = move |tx: &mut Tx<'_>| {
        let changed = service::update(tx, &keys, id, known, changes)?;
        let reply = Reply::ok(&ConnectionView::of(changed.value(), &url))?;
        Ok(changed.map(|_| reply))
    };
    let reply = call.write(&sso.house, act).await?;
    sso.sessions.forget();
    Ok(reply)
}

pub(super) fn remove(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    delete("/v1/sso/connections/{connection}")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_connection.remove")
        .summary("Remove a connection")
        .describe("Whoever came by it is signed out, and comes back as somebody unknown if it is made again.")
        .answers_with(204, "")
        .refuses(&[&SSO_IN_USE])
        .to(move |call: Call| {
            let sso = sso.clone();
            async move {
                let (id, keys) = (call.id::<SsoConnectionId>("connection")?, sso.house.keys().clone());
                let act = move |tx: &mut Tx<'_>| Ok(service::remove(tx, &keys, id)?.map(|()| Reply::empty()));
                let reply = call.write(&sso.house, act).await?;
                sso.sessions.forget();
                Ok(reply)
            }
        })
}
