//! `POST /v1/endpoints/{id}/verify`, `POST /v1/endpoints/{id}/test`

use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};

use super::create::id;
use super::view::{HeaderView, TriedView};
use crate::endpoints::Endpoints;
use crate::endpoints::codes::URL_REFUSED;
use crate::endpoints::service::Tried;

pub(super) fn verify(endpoints: &Endpoints) -> Endpoint {
    let endpoints = endpoints.clone();
    post("/v1/endpoints/{id}/verify")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.verify")
        .summary("Ping an endpoint, signed")
        .describe("The endpoint becomes active if it answers 2xx within 5 seconds.")
        .answers::<TriedView>(200)
        .refuses(&[&URL_REFUSED])
        .to(move |call: Call| {
            let endpoints = endpoints.clone();
            async move { reply(endpoints.verify(&call.ctx, id(&call)?).await?) }
        })
}

pub(super) fn test(endpoints: &Endpoints) -> Endpoint {
    let endpoints = endpoints.clone();
    post("/v1/endpoints/{id}/test")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.test")
        .summary("Send a test event")
        .describe(
            "Answers with the exact bytes that were signed, the headers that signed them, and what the receiver said. If it is encrypted \
             for, also with what it reads, and whether its answer was decrypted: never with what that says.",
        )
        .answers::<TriedView>(200)
        .refuses(&[&URL_REFUSED])
        .to(move |call: Call| {
            let endpoints = endpoints.clone();
            async move { reply(endpoints.test(&call.ctx, id(&call)?).await?) }
        })
}

fn reply(tried: Tried) -> Result<Reply, Failure> {
    Ok(Reply::ok(&TriedView {
        succeeded: tried.succeeded,
        outcome: tried.outcome,
        status: tried.status,
        latency_ms: tried.latency_ms,
        body: String::from_utf8_lossy(&tried.body).into_owned(),
        headers: tried.headers.into_iter().map(|(name, value)| HeaderView { name, value }).collect(),
        encryption: tried.encryption.map(Into::into),
    })?)
}
