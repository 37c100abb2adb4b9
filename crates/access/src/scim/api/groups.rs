//! `/scim/v2/Groups`

use sealpost_store::{StoreError, TeamId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, delete, get, not_found, patch, post, put};
use serde_json::{Value, json};

use super::answer::{DIALECT, SCIM, TAKEN, list, resource};
use super::query::Query;
use super::users::object;
use super::{Api, as_known};
use crate::members::codes::{OUTRANKED, OWNERS_ONLY, ROLE_EXCEEDS, ROLE_UNKNOWN};
use crate::scim::codes::*;
use crate::scim::group::{self, Incoming};
use crate::scim::wire::{Object, Operations, apply};
use crate::teams::codes::{TEAM_MEMBER_UNKNOWN, TEAM_NAME_TAKEN, TEAMS_FULL};

const WHY: &str = "a directory keeps teams as its groups are";

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![all(api), one(api), create(api), replace(api), change(api), remove(api)]
}

fn all(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/scim/v2/Groups")
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .summary("List groups")
        .queries::<Query>()
        .answers_with(200, SCIM)
        .refuses(&[&SCIM_FILTER_INVALID, &SCIM_PATH_INVALID, &SCIM_SYNTAX_INVALID, &SCIM_TOO_MANY])
        .to(move |call: Call<(), Query>| {
            let api = api.clone();
            async move {
                let (filter, window, shown) = (call.query.filter()?, call.query.window(), call.query.shown()?);
                let view = api.view(&call.ctx).await?;
                let read = move |tx: &mut Tx<'_>| group::all(tx, &view);
                let mut all = api.members.house().read::<_, StoreError>(&call.ctx, read).await?;
                if let Some(filter) = filter {
                    all.retain(|group| filter.admits(group));
                }
                Ok(list(all.len(), window.skip, window.of(all), &shown)?)
            }
        })
}

fn one(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/scim/v2/Groups/{id}")
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .summary("Show a group")
        .queries::<Query>()
        .answers_with(200, SCIM)
        .refuses(&[&SCIM_PATH_INVALID, &SCIM_SYNTAX_INVALID, &SCIM_TOO_MANY])
        .to(move |call: Call<(), Query>| {
            let api = api.clone();
            async move {
                let (id, shown): (TeamId, _) = (call.id("id")?, call.query.shown()?);
                let view = api.view(&call.ctx).await?;
                let read = move |tx: &mut Tx<'_>| group::find(tx, &view, id);
                let group = api.members.house().peek::<_, StoreError>(&call.ctx, read).await?;
                Ok(resource(200, group.ok_or_else(not_found)?, &shown)?)
            }
        })
}

fn create(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/scim/v2/Groups")
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .acts("team.create")
        .summary("Make a group")
        .describe("A team. It gives a role once somebody says so (`/v1/scim/role-mappings`).")
        .takes_open(TAKEN)
        .queries::<Query>()
        .example(json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Front desk",
            "externalId": "b7c1",
            "members": [],
        }))
        .answers_with(201, SCIM)
        .refuses(&[
            &SCIM_PATH_INVALID,
            &SCIM_SYNTAX_INVALID,
            &SCIM_VALUE_INVALID,
            &SCIM_TOO_MANY,
            &TEAM_NAME_TAKEN,
            &TEAMS_FULL,
            &TEAM_MEMBER_UNKNOWN,
        ])
        .to(move |call: Call<Value, Query>| {
            let api = api.clone();
            async move {
                let (shown, new) = (call.query.shown()?, Incoming::read(object(&call.body)?)?);
                let view = api.view(&call.ctx).await?;
                let act = move |tx: &mut Tx<'_>| {
                    let made = group::create(tx, &view, &new)?;
                    let reply = resource(201, made.value().clone(), &shown)?;
                    Ok(made.map(|_| reply))
                };
                let reply = call.write(api.members.house(), act).await?;
                api.sessions.forget();
                Ok(reply)
            }
        })
}

fn replace(api: &Api) -> Endpoint {
    let api = api.clone();
    put("/scim/v2/Groups/{id}")
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .acts("team.update")
        .summary("Replace a group")
        .takes_open(TAKEN)
        .queries::<Query>()
        .example(json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Front desk",
            "members": [],
        }))
        .answers_with(200, SCIM)
        .refuses(CHANGE)
        .to(move |call: Call<Value, Query>| {
            let api = api.clone();
            async move {
                let (new, known) = (object(&call.body)?, as_known(&call));
                changed(&api, &call, move |before| known(before).map(|_| new)).await
            }
        })
}

fn change(api: &Api) -> Endpoint {
    let api = api.clone();
    patch("/scim/v2/Groups/{id}")
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .acts("team.update")
        .summary("Change a group in part")
        .describe("Whoever comes into a team that gives a role, or leaves one, has another role from now on and is signed out.")
        .takes_open(TAKEN)
        .queries::<Query>()
        .example(json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "externalId", "value": "b7c2" }],
        }))
        .answers_with(200, SCIM)
        .refuses(CHANGE)
        .to(move |call: Call<Value, Query>| {
            let api = api.clone();
            async move {
                let (operations, known) = (Operations::parse(&call.body)?, as_known(&call));
                let how = move |before| {
                    let mut group = known(before)?;
                    apply(&mut group, &operations)?;
                    Ok(group)
                };
                changed(&api, &call, how).await
            }
        })
}

/// Codes a change is refused with.
const CHANGE: &[&sealpost_web::Code] = &[
    &SCIM_PATH_INVALID,
    &SCIM_SYNTAX_INVALID,
    &SCIM_NO_TARGET,
    &SCIM_MUTABILITY,
    &SCIM_VALUE_INVALID,
    &SCIM_TOO_MANY,
    &SCIM_VERSION_MISMATCH,
    &sealpost_web::problem::CHANGED_MEANWHILE,
    &TEAM_NAME_TAKEN,
    &TEAM_MEMBER_UNKNOWN,
    &OUTRANKED,
    &OWNERS_ONLY,
    &ROLE_EXCEEDS,
    &ROLE_UNKNOWN,
];

async fn changed(
    api: &Api,
    call: &Call<Value, Query>,
    how: impl FnOnce(Object) -> Result<Object, Failure> + Send + 'static,
) -> Result<Reply, Failure> {
    let (id, shown): (TeamId, _) = (call.id("id")?, call.query.shown()?);
    let view = api.view(&call.ctx).await?;
    let act = move |tx: &mut Tx<'_>| {
        let changed = group::change(tx, &view, id, how)?;
        let reply = resource(200, changed.value().clone(), &shown)?;
        Ok(changed.map(|_| reply))
    };
    let reply = call.write(api.members.house(), act).await?;
    api.sessions.forget();
    Ok(reply)
}

fn remove(api: &Api) -> Endpoint {
    let api = api.clone();
    delete("/scim/v2/Groups/{id}")
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .acts("team.remove")
        .summary("Dissolve a group")
        .answers_with(204, "")
        .refuses(&[
            &SCIM_VERSION_MISMATCH,
            &sealpost_web::problem::CHANGED_MEANWHILE,
            &OUTRANKED,
            &OWNERS_ONLY,
            &ROLE_EXCEEDS,
            &ROLE_UNKNOWN,
        ])
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let (id, known): (TeamId, _) = (call.id("id")?, as_known(&call));
                let view = api.view(&call.ctx).await?;
                let act = move |tx: &mut Tx<'_>| Ok(group::remove(tx, &view, id, known)?.map(|()| Reply::empty()));
                let reply = call.write(api.members.house(), act).await?;
                api.sessions.forget();
                Ok(reply)
            }
        })
}
