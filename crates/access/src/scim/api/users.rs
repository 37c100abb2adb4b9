//! `/scim/v2/Users`

use sealpost_store::{MemberId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, delete, get, not_found, patch, post, put};
use serde_json::{Value, json};

use super::answer::{DIALECT, SCIM, TAKEN, list, resource};
use super::query::Query;
use super::{Api, as_known};
use crate::members::codes::{LAST_OWNER, MEMBER_EXISTS, OUTRANKED, OWNERS_ONLY, ROLE_EXCEEDS};
use crate::scim::codes::*;
use crate::scim::user::Incoming;
use crate::scim::users;
use crate::scim::wire::{Bad, Object, Operations, apply};

const WHY: &str = "a directory keeps members as its people are";

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![all(api), one(api), create(api), replace(api), change(api), remove(api)]
}

fn all(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/scim/v2/Users")
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .summary("List users")
        .describe("Every member who isn't removed. Filters by `id`, `userName`, `externalId` and `emails.value` are answered from an index; others are tried on up to 2000 members.")
        .queries::<Query>()
        .answers_with(200, SCIM)
        .refuses(&[&SCIM_FILTER_INVALID, &SCIM_PATH_INVALID, &SCIM_SYNTAX_INVALID, &SCIM_TOO_MANY])
        .to(move |call: Call<(), Query>| {
            let api = api.clone();
            async move {
                let (filter, window, shown) = (call.query.filter()?, call.query.window(), call.query.shown()?);
                let (total, found) = api.desk(&call.ctx).await?.list(&call.ctx, filter, window).await?;
                Ok(list(total, window.skip, found, &shown)?)
            }
        })
}

fn one(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/scim/v2/Users/{id}")
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .summary("Show a user")
        .queries::<Query>()
        .answers_with(200, SCIM)
        .refuses(&[&SCIM_PATH_INVALID, &SCIM_SYNTAX_INVALID, &SCIM_TOO_MANY])
        .to(move |call: Call<(), Query>| {
            let api = api.clone();
            async move {
                let (id, shown): (MemberId, _) = (call.id("id")?, call.query.shown()?);
                let user = api.desk(&call.ctx).await?.find(&call.ctx, id).await?.ok_or_else(not_found)?;
                Ok(resource(200, user, &shown)?)
            }
        })
}

fn create(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/scim/v2/Users")
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .acts("member.provision")
        .summary("Make a user")
        .describe("A member who needs no invitation: a viewer, until a group gives them another role.")
        .takes_open(TAKEN)
        .queries::<Query>()
        .body_limit(64 * 1024)
        .example(json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "sam@example.com",
            "externalId": "00u1",
            "name": { "givenName": "Sam", "familyName": "Example" },
            "emails": [{ "value": "sam@example.com", "type": "work", "primary": true }],
            "active": true,
        }))
        .answers_with(201, SCIM)
        .refuses(&[
            &SCIM_PATH_INVALID,
            &SCIM_SYNTAX_INVALID,
            &SCIM_VALUE_INVALID,
            &SCIM_TOO_MANY,
            &SCIM_NAME_TAKEN,
            &MEMBER_EXISTS,
            &ROLE_EXCEEDS,
        ])
        .to(move |call: Call<Value, Query>| {
            let api = api.clone();
            async move {
                let shown = call.query.shown()?;
                let new = Incoming::read(object(&call.body)?)?;
                let desk = api.desk(&call.ctx).await?;
                let (id, subject) = desk.newcomer(&call.ctx).await?;
                let act = move |tx: &mut Tx<'_>| {
                    let made = users::create(tx, &desk, (id, &subject), new)?;
                    let reply = resource(201, made.value().clone(), &shown)?;
                    Ok(made.map(|_| reply))
                };
                call.write(api.members.house(), act).await
            }
        })
}

fn replace(api: &Api) -> Endpoint {
    let api = api.clone();
    put("/scim/v2/Users/{id}")
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .acts("member.sync")
        .summary("Replace what is said about a user")
        .takes_open(TAKEN)
        .queries::<Query>()
        .body_limit(64 * 1024)
        .example(json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "sam@example.com",
            "displayName": "Sam Example",
            "emails": [{ "value": "sam@example.com", "type": "work", "primary": true }],
            "active": true,
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
    patch("/scim/v2/Users/{id}")
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .acts("member.sync")
        .summary("Change a user in part")
        .describe("`active` set to false suspends the member: their sessions end at once.")
        .takes_open(TAKEN)
        .queries::<Query>()
        .body_limit(64 * 1024)
        .example(json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "title", "value": "Nurse" }],
        }))
        .answers_with(200, SCIM)
        .refuses(CHANGE)
        .to(move |call: Call<Value, Query>| {
            let api = api.clone();
            async move {
                let (operations, known) = (Operations::parse(&call.body)?, as_known(&call));
                let how = move |before| {
                    let mut user = known(before)?;
                    apply(&mut user, &operations)?;
                    Ok(user)
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
    &SCIM_NAME_TAKEN,
    &SCIM_VERSION_MISMATCH,
    &sealpost_web::problem::CHANGED_MEANWHILE,
    &MEMBER_EXISTS,
    &LAST_OWNER,
    &OUTRANKED,
    &OWNERS_ONLY,
];

async fn changed(
    api: &Api,
    call: &Call<Value, Query>,
    how: impl FnOnce(Object) -> Result<Object, Failure> + Send + 'static,
) -> Result<Reply, Failure> {
    let (id, shown): (MemberId, _) = (call.id("id")?, call.query.shown()?);
    let desk = api.desk(&call.ctx).await?;
    let (subject, is_new) = desk.subject(&call.ctx, id).await?.ok_or_else(not_found)?;
    let act = move |tx: &mut Tx<'_>| {
        let changed = users::change(tx, &desk, id, (&subject, is_new), how)?;
        let reply = resource(200, changed.value().clone(), &shown)?;
        Ok(changed.map(|_| reply))
    };
    let reply = call.write(api.members.house(), act).await?;
    api.sessions.forget();
    Ok(reply)
}

fn remove(api: &Api) -> Endpoint {
    let api = api.clone();
    delete("/scim/v2/Users/{id}")
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .acts("member.remove")
        .summary("Remove a user")
        .describe(
            "The member is one no more: signed out everywhere, and the key of what is known about them is destroyed.",
        )
        .answers_with(204, "")
        .refuses(&[
            &SCIM_VERSION_MISMATCH,
            &sealpost_web::problem::CHANGED_MEANWHILE,
            &LAST_OWNER,
            &OUTRANKED,
            &OWNERS_ONLY,
        ])
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let (id, known): (MemberId, _) = (call.id("id")?, as_known(&call));
                let (desk, keys) = (api.desk(&call.ctx).await?, api.members.house().keys().clone());
                let (subject, is_new) = desk.subject(&call.ctx, id).await?.ok_or_else(not_found)?;
                let act = move |tx: &mut Tx<'_>| {
                    Ok(users::remove(tx, &desk, &keys, id, (&subject, is_new), known)?.map(|()| Reply::empty()))
                };
                let reply = call.write(api.members.house(), act).await?;
                api.sessions.forget();
                // They are removed already: if this fails, it is tried again later.
                if let Err(error) = api.members.shred(&call.ctx).await {
                    tracing::error!(error = %error, "member.not_shredded");
                }
                Ok(reply)
            }
        })
}

/// A body that is a resource.
pub(super) fn object(body: &Value) -> Result<Object, Bad> {
    body.as_object().cloned().ok_or(Bad::Syntax)
}
