//! `GET /support/{link}`, `POST /support/{link}`

use schemars::JsonSchema;
use sealpost_access::sign_in::codes::LINK_SPENT;
use sealpost_access::sign_in::{link_page, spent_page};
use sealpost_web::{Call, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::Api;
use crate::support::codes::SUPPORT_IS_MEMBER;
use crate::support::service;

/// A button was pressed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SupportButton")]
struct Button {}

pub(super) fn ask(api: &Api) -> Endpoint {
    let house = api.house.clone();
    get("/support/{link}")
        .open_to_all("whoever is let in has no session yet; the link is theirs")
        .summary("Ask whether to begin support access")
        .describe("Changes nothing: mail scanners follow links.")
        .answers_with(200, "text/html; charset=utf-8")
        .refuses(&[&LINK_SPENT])
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                match service::is_good(&house, call.param("link")).await? {
                    true => Ok(call.keep_visit(link_page(call.csrf_token()))),
                    false => Ok(spent_page()),
                }
            }
        })
}

pub(super) fn enter(api: &Api) -> Endpoint {
    let house = api.house.clone();
    post("/support/{link}")
        .open_to_all("whoever is let in has no session yet; the link is theirs")
        .own_page()
        .acts("support.enter")
        .summary("Begin support access")
        .describe("Uses the link up. The browser gets the cookie of the grant’s session and is led on.")
        .takes_form::<Button>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&LINK_SPENT, &SUPPORT_IS_MEMBER])
        .to(move |call: Call<Button>| {
            let house = house.clone();
            async move {
                match service::follow(&house, call.param("link"), call.ctx.request).await {
                    Ok(session) => Ok(Reply::see_other("/app").begin_session(session.expose())),
                    Err(Failure::Refused(refusal)) if refusal.code() == &LINK_SPENT => Ok(spent_page()),
                    Err(failure) => Err(failure),
                }
            }
        })
}
