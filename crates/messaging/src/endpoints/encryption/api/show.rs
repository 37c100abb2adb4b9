//! `GET /v1/endpoints/{id}/encryption`

use sealpost_access::permissions::ENDPOINTS_READ;
use sealpost_store::{EndpointId, Store};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::view::EncryptionView;
use crate::endpoints::encryption::service;
use crate::endpoints::service::find;

pub(super) fn route(store: &Store) -> Endpoint {
    let store = store.clone();
    get("/v1/endpoints/{id}/encryption")
        .needs(ENDPOINTS_READ)
        .class(Class::Read)
        .summary("Read how an endpoint is encrypted for")
        .answers::<EncryptionView>(200)
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let keys = store.keys().organisation(call.ctx.org.id).await?;
                let standing = store.read::<_, Failure>(&call.ctx, move |tx| {
                    find(tx, id)?;
                    Ok(service::standing(tx, &keys, id)?)
                });
                Ok(Reply::ok(&EncryptionView::from(standing.await?.as_ref()))?)
            }
        })
}
