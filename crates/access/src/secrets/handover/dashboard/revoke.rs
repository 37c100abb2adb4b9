//! `GET` and `POST /app/{env}/secrets/handovers/{id}/revoke`

use sealpost_store::HandOverId;
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use crate::permissions::SECRETS_MANAGE;
use crate::secrets::api::Api;
use crate::secrets::codes::HANDOVER_OVER;
use crate::secrets::handover::service;

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/secrets/handovers/{id}/revoke")
        .needs(SECRETS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to take a hand-over back")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let id: HandOverId = call.id("id")?;
                api.house.read(&call.ctx, move |tx| service::show(tx, id)).await?;
                question(&call).show(&call)
            }
        })
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/secrets/handovers/{id}/revoke")
        .needs(SECRETS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("secret.hand_over_revoke")
        .done("Hand-over taken back")
        .summary("Take a hand-over back")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&HANDOVER_OVER])
        .to(move |call: Call<Yes>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Yes>) -> Result<Reply, Failure> {
    let id: HandOverId = call.id("id")?;
    let done = call.done("/secrets/handovers");
    let revoked = call.write(&api.house, move |tx| Ok(service::revoke(tx, id)?.map(|_| done))).await;
    revoked.or_else(|failure| question(&call).again(&call, failure))
}

fn question<B, Q>(call: &Call<B, Q>) -> Ask {
    let says = "Its link opens nothing from now on. The version it was made for stays: rotate the secret if its value may be known.";
    Ask::new(call, "Take this hand-over back?", says, "/secrets/handovers").danger().submit("Take back")
}
