//! `GET` and `POST /app/{env}/endpoints/{id}/default`

use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_store::{EndpointId, Store};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint as Route, get, post};
use serde_json::json;

use super::service;
use crate::endpoints::codes::ENDPOINT_UNVERIFIED;

pub(in crate::endpoints) fn routes(house: &Store) -> Vec<Route> {
    vec![ask(house), make(house)]
}

fn ask(house: &Store) -> Route {
    let house = house.clone();
    get("/app/{env}/endpoints/{id}/default")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to make an endpoint the default")
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                house.read(&call.ctx, move |tx| crate::endpoints::find(tx, id)).await?;
                question(&call, id).show(&call)
            }
        })
}

fn make(house: &Store) -> Route {
    let house = house.clone();
    post("/app/{env}/endpoints/{id}/default")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.make_default")
        .done("It is the default now")
        .summary("Make an endpoint the default")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&ENDPOINT_UNVERIFIED])
        .to(move |call: Call<Yes>| {
            let house = house.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let reply = call.done(&format!("/endpoints/{id}"));
                match call.write(&house, move |tx| Ok(service::make_default(tx, id)?.map(|_| reply))).await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => question(&call, id).again(&call, failure),
                }
            }
        })
}

fn question<B, Q>(call: &Call<B, Q>, id: EndpointId) -> Ask {
    let says = "It hears of every message that names no endpoint, whatever its own filter says. The one that is the default now hears of \
                what its filter says.";
    Ask::new(call, "Make this the default?", says, &format!("/endpoints/{id}")).submit("Make it the default")
}
