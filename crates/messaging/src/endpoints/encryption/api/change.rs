//! `PUT` and `DELETE /v1/endpoints/{id}/encryption`

use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_govern::approvals;
use sealpost_store::{EndpointId, Store};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, delete, put};
use serde_json::json;

use super::body::Body;
use super::view::EncryptionView;
use crate::endpoints::codes::{ENCRYPTION_INVALID, ENCRYPTION_KEY_INVALID, SECRET_REFERENCE_REQUIRED};
use crate::endpoints::encryption::service;
use crate::endpoints::policy::{self, POLICY_REFUSES};
use crate::versions::Promoted;

pub(super) fn set(store: &Store) -> Endpoint {
    let store = store.clone();
    put("/v1/endpoints/{id}/encryption")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.set_encryption")
        .summary("Encrypt for an endpoint")
        .describe(
            "Of the next attempt on. Each attempt is encrypted anew, then signed: signatures are over the bytes on the wire. A key is \
             named, never sent: it is a stored secret, which takes `secrets:manage`. What can't be encrypted doesn't leave. In live, where \
             endpoints take an approval, another key or method and fewer fields wait for one: then the answer is `202` with what waits.",
        )
        .takes::<Body>()
        .answers::<EncryptionView>(200)
        .also_answers(202, "application/json")
        .refuses(&[&ENCRYPTION_INVALID, &ENCRYPTION_KEY_INVALID, &SECRET_REFERENCE_REQUIRED])
        .refuses(&POLICY_REFUSES)
        // The public key of RFC 8037 §A.6.
        .example(json!({ "method": "jwe-ecdh-es", "public_key": { "kty": "OKP", "crv": "X25519", "kid": "hooks-2026",
            "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08" } }))
        .to(move |call: Call<Body>| handle(store.clone(), call))
}

async fn handle(store: Store, mut call: Call<Body>) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    let wanted = std::mem::take(&mut call.body).by(&call.caller)?;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    let expected = policy::expected(&call, None);
    call.write(&store, move |tx| {
        let set = service::set(tx, &keys, id, wanted, &expected)?;
        let reply = match set.value() {
            Promoted::Waits(approval) => approvals::accepted(approval)?,
            Promoted::InForce(standing) => Reply::ok(&EncryptionView::from(Some(standing)))?,
        };
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
        .also_answers(202, "application/json")
        .refuses(&POLICY_REFUSES)
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let keys = store.keys().organisation(call.ctx.org.id).await?;
                let expected = policy::expected(&call, None);
                call.write(&store, move |tx| {
                    let removed = service::remove(tx, &keys, id, &expected)?;
                    let reply = match removed.value() {
                        Promoted::Waits(approval) => approvals::accepted(approval)?,
                        Promoted::InForce(()) => Reply::empty(),
                    };
                    Ok(removed.map(|_| reply))
                })
                .await
            }
        })
}
