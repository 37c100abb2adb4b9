//! `/v1/teams`

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_store::{MemberId, Store, TeamId, Time, Tx};
use sealpost_web::{
    Call, Class, Endpoint, Failure, Feature, IdempotencyKey, Listing, Page, PageQuery, Refusal, Reply, delete, get,
    not_found, patch, post,
};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::codes::{self, TEAM_MEMBER_UNKNOWN, TEAM_NAME_TAKEN, TEAMS_FULL};
use super::model::{Team, TeamName};
use super::{pages, service};
use crate::members::codes::TEAM_GIVES_ROLE;
use crate::permissions::{MEMBERS_MANAGE, MEMBERS_READ};
use crate::sessions::SessionAuthenticator;

/// Where teams are, and who remembers what members see.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) house: Store,
    pub(super) sessions: Arc<SessionAuthenticator>,
}

/// Where a page of a list begins: behind this team.
pub(super) fn position(listing: &Listing<'_>, cursor: Option<&str>) -> Result<Option<TeamId>, Refusal> {
    let position = listing.position(cursor)?;
    Ok(position.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).map(TeamId::from_bytes))
}

/// Routes of teams.
pub fn feature(house: Store, sessions: Arc<SessionAuthenticator>) -> Feature {
    let api = Api { house, sessions };
    Feature {
        name: "teams",
        about: "Members who answer together.",
        routes: [create(api.clone()), list(api.clone()), find(api.clone()), update(api.clone()), remove(api.clone())]
            .into_iter()
            .chain(pages::routes(&api))
            .collect(),
        codes: codes::ALL,
    }
}

/// A team.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Team")]
struct TeamView {
    id: TeamId,
    name: String,
    /// Who is in it.
    members: Vec<MemberId>,
    created_at: Time,
    updated_at: Time,
}

impl From<&Team> for TeamView {
    fn from(team: &Team) -> Self {
        Self {
            id: team.id,
            name: team.name.clone(),
            members: team.members.clone(),
            created_at: team.created_at,
            updated_at: team.updated_at,
        }
    }
}

/// A team to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewTeam {
    /// What people will call it.
    name: TeamName,
    /// Who is in it.
    #[serde(default)]
    #[schemars(length(max = 500))]
    members: Vec<MemberId>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

/// What changes about a team: what is absent stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TeamChange {
    /// What people call it from now on.
    name: Option<TeamName>,
    /// Who is in it from now on.
    #[schemars(length(max = 500))]
    members: Option<Vec<MemberId>>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

fn create(api: Api) -> Endpoint {
    post("/v1/teams")
        .needs(MEMBERS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("team.create")
        .summary("Create a team")
        .takes::<NewTeam>()
        .example(json!({ "name": "Front desk" }))
        .answers::<TeamView>(201)
        .refuses(&[&TEAM_NAME_TAKEN, &TEAMS_FULL, &TEAM_MEMBER_UNKNOWN])
        .to(move |call: Call<NewTeam>| {
            let api = api.clone();
            async move {
                let (name, members) = (call.body.name.clone(), call.body.members.clone());
                api.write(&call, 201, move |tx| service::create(tx, &name, &members)).await
            }
        })
}

fn list(api: Api) -> Endpoint {
    get("/v1/teams")
        .needs(MEMBERS_READ)
        .class(Class::Read)
        .summary("List teams")
        .queries::<PageQuery>()
        .answers::<Page<TeamView>>(200)
        .to(move |call: Call<(), PageQuery>| {
            let api = api.clone();
            async move {
                let listing = call.listing(api.house.keys(), &(), call.query.limit)?;
                let before = position(&listing, call.query.cursor.as_deref())?;
                let fetch = listing.fetch();
                let rows = api.house.read(&call.ctx, move |tx| service::list(tx, before, fetch)).await?;
                Ok(Reply::ok(&listing.page(rows, |team| team.id.bytes().to_vec(), |team| TeamView::from(&team)))?)
            }
        })
}

fn find(api: Api) -> Endpoint {
    get("/v1/teams/{id}").needs(MEMBERS_READ).class(Class::Read).summary("Show a team").answers::<TeamView>(200).to(
        move |call: Call| {
            let api = api.clone();
            async move {
                let id: TeamId = call.id("id")?;
                let team = api.house.read(&call.ctx, move |tx| service::find(tx, id)).await?;
                Ok(Reply::ok(&TeamView::from(&team.ok_or_else(not_found)?))?)
            }
        },
    )
}

fn update(api: Api) -> Endpoint {
    patch("/v1/teams/{id}")
        .needs(MEMBERS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("team.update")
        .summary("Rename a team, or decide who is in it")
        .takes::<TeamChange>()
        .example(json!({ "members": [] }))
        .answers::<TeamView>(200)
        .refuses(&[&TEAM_NAME_TAKEN, &TEAM_MEMBER_UNKNOWN, &TEAM_GIVES_ROLE])
        .to(move |call: Call<TeamChange>| {
            let api = api.clone();
            async move {
                let id: TeamId = call.id("id")?;
                let (name, members) = (call.body.name.clone(), call.body.members.clone());
                api.write(&call, 200, move |tx| service::update(tx, id, name.as_ref(), members.as_deref())).await
            }
        })
}

fn remove(api: Api) -> Endpoint {
    delete("/v1/teams/{id}")
        .needs(MEMBERS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("team.remove")
        .summary("Dissolve a team")
        .answers_with(204, "")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let id: TeamId = call.id("id")?;
                let act = move |tx: &mut Tx<'_>| Ok(service::remove(tx, id)?.map(|()| Reply::empty()));
                let reply = call.write(&api.house, act).await?;
                api.sessions.forget();
                Ok(reply)
            }
        })
}

impl Api {
    async fn write<B>(
        &self,
        call: &Call<B>,
        status: u16,
        act: impl FnOnce(&mut Tx<'_>) -> Result<sealpost_store::Recorded<Team>, Failure> + Send + 'static,
    ) -> Result<Reply, Failure> {
        let act = move |tx: &mut Tx<'_>| {
            let team = act(tx)?;
            let reply = Reply::json(status, &TeamView::from(team.value()))?;
            Ok(team.map(|_| reply))
        };
        let reply = call.write(&self.house, act).await?;
        self.sessions.forget();
        Ok(reply)
    }
}

impl<'de> Deserialize<'de> for TeamName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("name_invalid"))
    }
}

impl JsonSchema for TeamName {
    fn schema_name() -> Cow<'static, str> {
        "TeamName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 60 })
    }
}
