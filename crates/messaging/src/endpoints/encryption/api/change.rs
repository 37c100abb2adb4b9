//! `PUT` and `DELETE /v1/endpoints/{id}/encryption`

use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_store::{EndpointId, Store};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, delete, put};
use serde_json::json;

use super::body::Body;
use super::view::EncryptionView;
use crate::endpoints::codes::{ENCRYPTION_INVALID, ENCRYPTION_KEY_INVALID, SECRET_REFERENCE_REQUIRED};
use crate::endpoints::encryption::service;

pub(super) fn set(store: &Store) -> Endpoint {
    let store = store.clone();
    put("/v1/endpoints/{id}/encryption")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.set_encryption")
        .summary("Encrypt for an endpoint")
        .describe(
            "Of the next attempt on. Each attempt is encrypted anew, then signed: signatures are over the bytes on the wire. A key is \
             named, never sent: it is a stored secret, which takes `secrets:manage`. What can't be encrypted doesn't leave.",
        )
        .takes::<Body>()
        .answers::<EncryptionView>(200)
        .refuses(&[&ENCRYPTION_INVALID, &ENCRYPTION_KEY_INVALID, &SECRET_REFERENCE_REQUIRED])
        // The public key of RFC 8037 §A.6.
        .example(json!({ "method": "jwe-ecdh-es", "public_key": { "kty": "OKP", "crv": "X25519", "kid": "hooks-2026",
            "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08" } }))
        .to(move |call: Call<Body>| handle(store.clone(), call))
}

async fn handle(store: Store, mut call: Call<Body>) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    let wanted = std::mem::take(&mut call.body).by(&call.caller)?;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    call.write(&store, move |tx| {
        let set = service::set(tx, &keys, id, wanted)?;
        let reply = Reply::ok(&EncryptionView::from(Some(set.value())))?;
        Ok(set.map(|_| reply))
    })
    .await
}

pub(super) fn remove(store: &Store) -> Endpoint {
    let store = store.clone();
    delete("/v1/endpoints/{id}/encryption")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.remove_encryption")
        .summary("Send to an endpoint in clear")
        .answers_with(204, "application/json")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                call.write(&store, move |tx| Ok(service::remove(tx, id)?.map(|()| Reply::empty()))).await
            }
        })
}
