//! `GET` and `POST /app/{env}/sso/{connection}/remove`

use sealpost_store::{SsoConnectionId, Tx};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found, post};
use serde_json::json;

use crate::permissions::SSO_MANAGE;
use crate::sso::codes::SSO_IN_USE;
use crate::sso::{Sso, service};

pub(super) fn ask(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/app/{env}/sso/{connection}/remove")
        .needs(SSO_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to remove a connection")
        .to(move |call: Call| {
            let sso = sso.clone();
            async move { question(&sso, &call).await?.show(&call) }
        })
}

pub(super) fn route(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/app/{env}/sso/{connection}/remove")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_connection.remove")
        .done("Connection removed")
        .summary("Remove a connection")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&SSO_IN_USE])
        .to(move |call| handle(sso.clone(), call))
}

async fn handle(sso: Sso, call: Call<Yes>) -> Result<Reply, Failure> {
    let (id, keys) = (call.id::<SsoConnectionId>("connection")?, sso.house.keys().clone());
    let done = call.done("/sso");
    let act = move |tx: &mut Tx<'_>| Ok(service::remove(tx, &keys, id)?.map(|()| done));
    match call.write(&sso.house, act).await {
        Ok(reply) => {
            sso.sessions.forget();
            Ok(reply)
        }
        Err(failure) => question(&sso, &call).await?.again(&call, failure),
    }
}

async fn question<B, Q>(sso: &Sso, call: &Call<B, Q>) -> Result<Ask, Failure> {
    let id: SsoConnectionId = call.id("connection")?;
    let found = sso.house.peek(&call.ctx, move |tx| service::find(tx, id)).await?.ok_or_else(not_found)?;
    let says = "Whoever came by it is signed out. Its domains are given up, and made again it knows nobody.";
    Ok(Ask::new(call, format!("Remove {}?", found.name), says, &format!("/sso/{id}"))
        .sensitive()
        .danger()
        .submit("Remove"))
}
