//! `POST /v1/endpoints/{id}/default`

use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_store::{EndpointId, Store};
use sealpost_web::{Call, Class, Endpoint as Route, Reply, post};

use super::service;
use crate::endpoints::api::EndpointView;
use crate::endpoints::codes::ENDPOINT_UNVERIFIED;

pub(in crate::endpoints) fn routes(house: &Store) -> Vec<Route> {
    let house = house.clone();
    vec![
        post("/v1/endpoints/{id}/default")
            .needs(ENDPOINTS_MANAGE)
            .class(Class::Write)
            .acts("endpoint.make_default")
            .summary("Make an endpoint the default")
            .describe("Reports about messages that name no endpoint go to it from now on, whatever its filter says, and no longer to the one before.")
            .answers::<EndpointView>(200)
            .refuses(&[&ENDPOINT_UNVERIFIED])
            .to(move |call: Call| {
                let house = house.clone();
                async move {
                    let id: EndpointId = call.id("id")?;
                    call.write(&house, move |tx| {
                        let made = service::make_default(tx, id)?;
                        let reply = Reply::ok(&EndpointView::from(made.value()))?;
                        Ok(made.map(|_| reply))
                    })
                    .await
                }
            }),
    ]
}
