//! `GET /v1/endpoints`, `GET /v1/endpoints/{id}`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_READ;
use sealpost_store::Store;
use sealpost_web::{Call, Class, Endpoint, Reply, get};
use serde::Serialize;

use super::create::id;
use super::view::EndpointView;
use crate::endpoints::policy;
use crate::endpoints::service;

/// All endpoints of the environment.
#[derive(Serialize, JsonSchema)]
struct List {
    /// The endpoints, oldest first.
    data: Vec<EndpointView>,
}

pub(super) fn list(store: &Store) -> Endpoint {
    let store = store.clone();
    get("/v1/endpoints").needs(ENDPOINTS_READ).class(Class::Read).summary("List endpoints").answers::<List>(200).to(
        move |call: Call| {
            let store = store.clone();
            async move {
                let all = store.read(&call.ctx, service::all).await?;
                Ok(Reply::ok(&List { data: all.iter().map(EndpointView::from).collect() })?)
            }
        },
    )
}

pub(super) fn show(store: &Store) -> Endpoint {
    let store = store.clone();
    get("/v1/endpoints/{id}")
        .needs(ENDPOINTS_READ)
        .class(Class::Read)
        .summary("Read an endpoint")
        .answers::<EndpointView>(200)
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id = id(&call)?;
                let endpoint = store.read(&call.ctx, move |tx| service::find(tx, id)).await?;
                Ok(Reply::ok(&EndpointView::from(&endpoint))?.version(&policy::tag(&endpoint)))
            }
        })
}
