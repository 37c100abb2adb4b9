//! `POST /v1/endpoints/{id}/verify`, `POST /v1/endpoints/{id}/test`

use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};

use super::create::id;
use super::view::TriedView;
use crate::endpoints::Endpoints;
use crate::endpoints::codes::URL_REFUSED;
use crate::endpoints::service::Tried;

pub(super) fn verify(endpoints: &Endpoints) -> Endpoint {
    let endpoints = endpoints.clone();
    post("/v1/endpoints/{id}/verify")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.verify")
        .summary("Have an endpoint prove itself")
        .describe(
            "In the way that was chosen: it answers a signed ping with 2xx within 5 seconds, or its host says in DNS or at its well-known \
             path what `GET /v1/endpoints/{id}/proof` tells. Then it is active, for 90 days.",
        )
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
            "Answers with the exact bytes that were signed, the headers that signed them, each signature with the key it is by and a line that \
             computes it again, and what the receiver said. If it is encrypted for, also with what it reads, and whether its answer was \
             decrypted: never with what that says.",
        )
        .answers::<TriedView>(200)
        .refuses(&[&URL_REFUSED])
        .to(move |call: Call| {
            let endpoints = endpoints.clone();
            async move { reply(endpoints.test(&call.ctx, id(&call)?).await?) }
        })
}

fn reply(tried: Tried) -> Result<Reply, Failure> {
    Ok(Reply::ok(&TriedView::from(tried))?)
}
