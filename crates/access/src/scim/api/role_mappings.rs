//! `/v1/scim/role-mappings`

use schemars::JsonSchema;
use sealpost_store::{StoreError, TeamId, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Call, Class, Endpoint, IdempotencyKey, Refusal, Reply, get, put};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Api;
use crate::members::codes::{LAST_OWNER, OUTRANKED, OWNERS_ONLY, ROLE_EXCEEDS, ROLE_UNKNOWN};
use crate::permissions::SCIM_MANAGE;
use crate::roles::RoleRef;
use crate::scim::codes::SCIM_GROUP_UNKNOWN;
use crate::scim::role_map::{self, RoleMap};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![show(api), change(api)]
}

/// A group, which is a team, and the role that it gives its members.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScimRoleMapping")]
struct Mapping {
    /// The team.
    group: TeamId,
    /// One of ours but `owner`, or the id of one of the organisation's own.
    role: RoleRef,
}

/// Which group gives which role.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewScimRoleMappings")]
struct Body {
    /// All of them; what isn't named gives none any more.
    #[schemars(length(max = 200))]
    mappings: Vec<Mapping>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

/// Which group gives which role.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ScimRoleMappings")]
struct MapView {
    mappings: Vec<MappingView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ScimRoleMappingView")]
struct MappingView {
    group: TeamId,
    role: String,
}

impl MapView {
    fn of(map: &RoleMap) -> Self {
        let view = |(group, role): &(TeamId, RoleRef)| MappingView { group: *group, role: role.to_string() };
        Self { mappings: map.iter().map(view).collect() }
    }
}

fn show(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/scim/role-mappings")
        .needs(SCIM_MANAGE)
        .session()
        .class(Class::Read)
        .summary("Read which group gives which role")
        .answers::<MapView>(200)
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let map = api.members.house().peek::<_, StoreError>(&call.ctx, role_map::standing).await?;
                Ok(Reply::ok(&MapView::of(&map))?)
            }
        })
}

fn change(api: &Api) -> Endpoint {
    let api = api.clone();
    put("/v1/scim/role-mappings")
        .needs(SCIM_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("role_mapping.change")
        .summary("Decide which group gives which role")
        .describe(
            "Of several roles the strongest holds; whoever is in none of these groups any more is a viewer. Never `owner`, and never more \
             than whoever decides may. From then on only a directory says who is in these groups.",
        )
        .takes::<Body>()
        .example(json!({ "mappings": [] }))
        .answers::<MapView>(200)
        .refuses(&[&SCIM_GROUP_UNKNOWN, &ROLE_UNKNOWN, &ROLE_EXCEEDS, &OWNERS_ONLY, &OUTRANKED, &LAST_OWNER])
        .to(move |call: Call<Body>| {
            let api = api.clone();
            async move {
                let map = read(&call.body.mappings)?;
                let keys = api.members.house().keys().organisation(call.ctx.org.id).await?;
                let act = move |tx: &mut Tx<'_>| {
                    let changed = role_map::change(tx, &keys, map)?;
                    let reply = Reply::ok(&MapView::of(changed.value()))?;
                    Ok(changed.map(|_| reply))
                };
                let reply = call.write(api.members.house(), act).await?;
                api.sessions.forget();
                Ok(reply)
            }
        })
}

/// A group gives one role.
fn read(mappings: &[Mapping]) -> Result<RoleMap, Refusal> {
    const MOST: usize = 200;
    if mappings.len() > MOST {
        return Err(Refusal::of(&BODY_INVALID).at("/mappings", "too_many"));
    }
    let mut map = RoleMap::new();
    for (at, mapping) in mappings.iter().enumerate() {
        if map.iter().any(|(group, _)| *group == mapping.group) {
            return Err(Refusal::of(&BODY_INVALID).at(format!("/mappings/{at}/group"), "field_duplicate"));
        }
        map.push((mapping.group, mapping.role));
    }
    Ok(map)
}
