//! `GET` and `POST /app/{env}/roles/{id}/remove`

use sealpost_store::{RoleId, Tx};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found, post};
use serde_json::json;

use crate::members::codes::ROLE_EXCEEDS;
use crate::permissions::ROLES_MANAGE;
use crate::roles::api::Api;
use crate::roles::codes::{OWN_ROLE, ROLE_IN_USE};
use crate::roles::service;

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/roles/{id}/remove")
        .needs(ROLES_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to remove a role")
        .to(move |call: Call| {
            let api = api.clone();
            async move { question(&api, &call).await?.show(&call) }
        })
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/roles/{id}/remove")
        .needs(ROLES_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("role.remove")
        .done("Role removed")
        .summary("Remove a role that nobody has")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&ROLE_EXCEEDS, &OWN_ROLE, &ROLE_IN_USE])
        .to(move |call| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Yes>) -> Result<Reply, Failure> {
    let id: RoleId = call.id("id")?;
    let done = call.done("/roles");
    match call.write(&api.house, move |tx: &mut Tx<'_>| Ok(service::remove(tx, id)?.map(|()| done))).await {
        Ok(reply) => {
            api.sessions.forget();
            Ok(reply)
        }
        Err(failure) => question(&api, &call).await?.again(&call, failure),
    }
}

async fn question<B, Q>(api: &Api, call: &Call<B, Q>) -> Result<Ask, Failure> {
    let id: RoleId = call.id("id")?;
    let stored = api.house.read(&call.ctx, move |tx| service::find_stored(tx, id)).await?.ok_or_else(not_found)?;
    let title = format!("Remove {}?", stored.role.name);
    let says = "A role that somebody has can’t be removed: give them another one first.";
    Ok(Ask::new(call, title, says, &format!("/roles/{id}")).sensitive().danger().submit("Remove"))
}
