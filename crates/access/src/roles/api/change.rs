//! `POST /v1/roles`, `PUT /v1/roles/{id}`

use sealpost_store::{Recorded, RoleId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post, put};

use super::Api;
use super::body::{Body, example};
use super::view::RoleView;
use crate::members::codes::ROLE_EXCEEDS;
use crate::permissions::ROLES_MANAGE;
use crate::roles::codes::{OWN_ROLE, ROLE_NAME_TAKEN, ROLES_FULL};
use crate::roles::{StoredRole, service};

pub(super) fn create(api: Api) -> Endpoint {
    post("/v1/roles")
        .needs(ROLES_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("role.create")
        .summary("Create a role")
        .takes::<Body>()
        .example(example())
        .answers::<RoleView>(201)
        .refuses(&[&ROLE_EXCEEDS, &ROLE_NAME_TAKEN, &ROLES_FULL])
        .to(move |call: Call<Body>| {
            let api = api.clone();
            async move {
                let (keys, new) = (api.house.keys().organisation(call.ctx.org.id).await?, call.body.role());
                answer(&api, &call, 201, move |tx| service::create(tx, &keys, &new)).await
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
        .describe("The whole role, as it shall be. It holds for everybody who has it within a second, on every node.")
        .takes::<Body>()
        .example(example())
        .answers::<RoleView>(200)
        .refuses(&[&ROLE_EXCEEDS, &OWN_ROLE, &ROLE_NAME_TAKEN])
        .to(move |call: Call<Body>| {
            let api = api.clone();
            async move {
                let id: RoleId = call.id("id")?;
                let (keys, new) = (api.house.keys().organisation(call.ctx.org.id).await?, call.body.role());
                answer(&api, &call, 200, move |tx| service::update(tx, &keys, id, &new)).await
            }
        })
}

async fn answer(
    api: &Api,
    call: &Call<Body>,
    status: u16,
    act: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<StoredRole>, Failure> + Send + 'static,
) -> Result<Reply, Failure> {
    let act = move |tx: &mut Tx<'_>| {
        let role = act(tx)?;
        let reply = Reply::json(status, &RoleView::stored(role.value()))?;
        Ok(role.map(|_| reply))
    };
    let reply = call.write(&api.house, act).await?;
    api.sessions.forget();
    Ok(reply)
}
