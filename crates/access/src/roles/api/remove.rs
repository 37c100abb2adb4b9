//! `DELETE /v1/roles/{id}`

use sealpost_store::{RoleId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, delete};

use super::Api;
use crate::members::codes::ROLE_EXCEEDS;
use crate::permissions::ROLES_MANAGE;
use crate::roles::codes::{OWN_ROLE, ROLE_IN_USE};
use crate::roles::service;

pub(super) fn route(api: Api) -> Endpoint {
    delete("/v1/roles/{id}")
        .needs(ROLES_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("role.remove")
        .summary("Remove a role that nobody has")
        .answers_with(204, "")
        .refuses(&[&ROLE_EXCEEDS, &OWN_ROLE, &ROLE_IN_USE])
        .to(move |call: Call| remove(api.clone(), call))
}

async fn remove(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: RoleId = call.id("id")?;
    let act = move |tx: &mut Tx<'_>| Ok(service::remove(tx, id)?.map(|()| Reply::empty()));
    let reply = call.write(&api.house, act).await?;
    api.sessions.forget();
    Ok(reply)
}
