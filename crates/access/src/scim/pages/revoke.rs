//! `GET` and `POST /app/{env}/scim/{id}/revoke`

use sealpost_store::{ScimTokenId, StoreError, Tx};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found, post};
use serde_json::json;

use crate::permissions::SCIM_MANAGE;
use crate::scim::api::Api;
use crate::scim::{store, tokens};

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/scim/{id}/revoke")
        .needs(SCIM_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to revoke a directory’s token")
        .to(move |call: Call| ask_about(api.clone(), call))
}

async fn ask_about(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: ScimTokenId = call.id("id")?;
    let found = api.members.house().peek::<_, StoreError>(&call.ctx, move |tx| store::token(tx, id)).await?;
    let token = found.ok_or_else(not_found)?;
    Ask::new(
        &call,
        format!("Revoke {}?", token.name),
        "The next request with it is refused, on every node. Members stay as they are. This can’t be undone.",
        "/scim",
    )
    .danger()
    .submit("Revoke")
    .show(&call)
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/scim/{id}/revoke")
        .needs(SCIM_MANAGE)
        .session()
        .class(Class::Write)
        .acts("scim_token.revoke")
        .done("Token revoked")
        .summary("Revoke a token of a directory")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .to(move |call: Call<Yes>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Yes>) -> Result<Reply, Failure> {
    let id: ScimTokenId = call.id("id")?;
    let done = call.done("/scim");
    let act = move |tx: &mut Tx<'_>| Ok(tokens::revoke(tx, id)?.map(|()| done));
    call.write(api.members.house(), act).await
}
