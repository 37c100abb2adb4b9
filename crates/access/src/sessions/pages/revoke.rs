//! `GET` and `POST /app/{env}/sessions/{id}/revoke`

use sealpost_store::{SessionId, Tx};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found, post};
use serde_json::json;

use super::words;
use crate::permissions::SESSIONS_MANAGE;
use crate::sessions::api::Api;
use crate::sessions::{Ended, service};

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/sessions/{id}/revoke")
        .needs(SESSIONS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to sign a member out somewhere")
        .to(move |call: Call| question(api.clone(), call))
}

async fn question(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: SessionId = call.id("id")?;
    let session = api.house.read(&call.ctx, move |tx| service::find(tx, id)).await?.ok_or_else(not_found)?;
    let title = format!("Sign out of {}?", words::device(&session));
    let says = "The next request of that session is refused, on every node.";
    Ask::new(&call, title, says, "/sessions").danger().submit("Sign out").show(&call)
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/sessions/{id}/revoke")
        .needs(SESSIONS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("session.revoke")
        .done("Signed out")
        .summary("Sign a member out somewhere")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .to(move |call| revoke(api.clone(), call))
}

async fn revoke(api: Api, call: Call<Yes>) -> Result<Reply, Failure> {
    let id: SessionId = call.id("id")?;
    let done = call.done("/sessions");
    let act = move |tx: &mut Tx<'_>| {
        service::find(tx, id)?.ok_or_else(not_found)?;
        Ok::<_, Failure>(service::end(tx, id, Ended::Revoked)?.map(|()| done))
    };
    let reply = call.write(&api.house, act).await?;
    api.sessions.forget();
    Ok(reply)
}
