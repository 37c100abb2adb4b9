//! `GET` and `POST /app/{env}/teams/{id}/remove`

use sealpost_store::{TeamId, Tx};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found, post};
use serde_json::json;

use crate::permissions::MEMBERS_MANAGE;
use crate::teams::api::Api;
use crate::teams::service;

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/teams/{id}/remove")
        .needs(MEMBERS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to dissolve a team")
        .to(move |call: Call| question(api.clone(), call))
}

async fn question(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: TeamId = call.id("id")?;
    let team = api.house.read(&call.ctx, move |tx| service::find(tx, id)).await?.ok_or_else(not_found)?;
    Ask::new(&call, format!("Dissolve {}?", team.name), "Its members stay members. This can’t be undone.", "/teams")
        .danger()
        .submit("Dissolve")
        .show(&call)
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/teams/{id}/remove")
        .needs(MEMBERS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("team.remove")
        .done("Team dissolved")
        .summary("Dissolve a team")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .to(move |call| remove(api.clone(), call))
}

async fn remove(api: Api, call: Call<Yes>) -> Result<Reply, Failure> {
    let id: TeamId = call.id("id")?;
    let done = call.done("/teams");
    let reply = call
        .write(&api.house, move |tx: &mut Tx<'_>| Ok::<_, Failure>(service::remove(tx, id)?.map(|()| done)))
        .await?;
    api.sessions.forget();
    Ok(reply)
}
