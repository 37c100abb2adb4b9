//! `POST /v1/roles`, `PUT /v1/roles/{id}`

use std::sync::Arc;

use sealpost_store::{OrgKeys, RoleId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post, put};

use super::Api;
use super::body::{Body, example};
use super::view::RoleView;
use crate::members::codes::ROLE_EXCEEDS;
use crate::permissions::ROLES_MANAGE;
use crate::roles::codes::{OWN_ROLE, ROLE_NAME_TAKEN, ROLES_FULL};
use crate::roles::{NewRole, Outcome, service};

pub(super) fn create(api: Api) -> Endpoint {
    post("/v1/roles")
        .needs(ROLES_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("role.create")
        .summary("Create a role")
        .describe("Where a role that says more takes an approval, the answer is `202` with what waits.")
        .takes::<Body>()
        .example(example())
        .answers::<RoleView>(201)
        .also_answers(202, "application/json")
        .refuses(&[&ROLE_EXCEEDS, &ROLE_NAME_TAKEN, &ROLES_FULL])
        .to(move |call: Call<Body>| {
            let api = api.clone();
            async move {
                let (keys, new) = (api.house.keys().organisation(call.ctx.org.id).await?, call.body.role());
                answer(&api, &call, 201, keys, (None, new)).await
            }
        })
}

pub(super) fn update(api: Api) -> Endpoint {
    put("/v1/roles/{id}")
        .needs(ROLES_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("role.update")
        .summary("Change what a role says")
        .describe("The whole role, as it shall be. It holds for everybody who has it within a second, on every node. Where one that \
             says more than before takes an approval, the answer is `202` with what waits.")
        .takes::<Body>()
        .example(example())
        .answers::<RoleView>(200)
        .also_answers(202, "application/json")
        .refuses(&[&ROLE_EXCEEDS, &OWN_ROLE, &ROLE_NAME_TAKEN])
        .to(move |call: Call<Body>| {
            let api = api.clone();
            async move {
                let id: RoleId = call.id("id")?;
                let (keys, new) = (api.house.keys().organisation(call.ctx.org.id).await?, call.body.role());
                answer(&api, &call, 200, keys, (Some(id), new)).await
            }
        })
}

async fn answer(
    api: &Api,
    call: &Call<Body>,
    status: u16,
    keys: Arc<OrgKeys>,
    (id, new): (Option<RoleId>, NewRole),
) -> Result<Reply, Failure> {
    let gate = api.gate;
    let act = move |tx: &mut Tx<'_>| {
        let done = service::decide(tx, &keys, gate, (id, &new), None)?;
        let reply = match done.value() {
            Outcome::InForce(role) => Reply::json(status, &RoleView::stored(role))?,
            Outcome::Waits(asked) => asked.reply.clone(),
        };
        Ok(done.map(|_| reply))
    };
    let reply = call.write(&api.house, act).await?;
    api.sessions.forget();
    Ok(reply)
}
