//! `GET /v1/endpoints/{id}/signing`

use sealpost_access::permissions::ENDPOINTS_READ;
use sealpost_store::Store;
use sealpost_web::{Call, Class, Endpoint, Reply, get};

use super::view::HowView;
use crate::endpoints::signing::service;

pub(super) fn show(store: &Store) -> Endpoint {
    let store = store.clone();
    get("/v1/endpoints/{id}/signing")
        .needs(ENDPOINTS_READ)
        .class(Class::Read)
        .summary("Read how an endpoint's deliveries are signed")
        .describe(
            "Its profiles, which secret signs in each and how its text becomes a key, the public key, and a rotation that is under way. \
             Never a secret.",
        )
        .answers::<HowView>(200)
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let how = service::how(&store, &call.ctx, call.id("id")?).await?;
                Ok(Reply::ok(&HowView::from(&how))?)
            }
        })
}
