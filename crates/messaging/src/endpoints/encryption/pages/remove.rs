//! `GET` and `POST /app/{env}/endpoints/{id}/unencrypt`

use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_store::{EndpointId, Store, Tx};
use sealpost_web::shell::parts::Tone;
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, get, post};
use serde_json::json;

use crate::endpoints::encryption::service;
use crate::endpoints::policy::{self, POLICY_REFUSES};
use crate::endpoints::service::find;
use crate::versions::Expected;

pub(super) fn ask(store: &Store) -> Endpoint {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/unencrypt")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to send to an endpoint in clear")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                store.read(&call.ctx, move |tx| find(tx, id)).await?;
                question(&call, id).show(&call)
            }
        })
}

pub(super) fn route(store: &Store) -> Endpoint {
    let store = store.clone();
    post("/app/{env}/endpoints/{id}/unencrypt")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.remove_encryption")
        .done("Sent in clear from now on")
        .summary("Send to an endpoint in clear")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&POLICY_REFUSES)
        .to(move |call: Call<Yes>| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let (done, approvals) = (call.done(&format!("/endpoints/{id}")), call.at("/approvals"));
                let keys = store.keys().organisation(call.ctx.org.id).await?;
                let remove = move |tx: &mut Tx<'_>| {
                    let removed = service::remove(tx, &keys, id, &Expected::default())?;
                    Ok(removed.map(|removed| policy::settled(&removed, done, &approvals)))
                };
                match call.write(&store, remove).await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => question(&call, id).again(&call, failure),
                }
            }
        })
}

fn question<B, Q>(call: &Call<B, Q>, id: EndpointId) -> Ask {
    Ask::new(call, "Stop encrypting for this endpoint?", "", &format!("/endpoints/{id}"))
        .note(Tone::Warn, "From the next attempt on it is told in clear: signed, over TLS, ids and states.")
        .submit("Stop")
        .danger()
}
