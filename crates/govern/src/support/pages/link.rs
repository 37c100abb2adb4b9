//! `GET` and `POST /app/{env}/support/{id}/link`

use sealpost_access::permissions::SUPPORT_MANAGE;
use sealpost_store::{SupportGrantId, Tx};
use sealpost_web::shell::{Ask, ShownOnce, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use super::end::expect;
use crate::support::api::Api;
use crate::support::codes::{SUPPORT_NO_LINK, SUPPORT_OVER};
use crate::support::service;

const TITLE: &str = "Another link";
const SAYS: &str = "Good once, until the access is over. Whoever came by one before is out: hand this one over where you know it reaches them.";

pub(super) fn form(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/support/{id}/link")
        .needs(SUPPORT_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to make another link")
        .to(move |call: Call| {
            let api = api.clone();
            async move { question(&call, expect(&api, &call).await?).show(&call) }
        })
}

pub(super) fn make(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/support/{id}/link")
        .needs(SUPPORT_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("support_link.create")
        .summary("Make another link for whoever is let in")
        .describe("Shown this once.")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(200, "text/html")
        .refuses(&[&SUPPORT_NO_LINK, &SUPPORT_OVER])
        .to(move |call: Call<Yes>| {
            let api = api.clone();
            async move { link(&api, &call).await }
        })
}

async fn link(api: &Api, call: &Call<Yes>) -> Result<Reply, Failure> {
    let (id, keys): (SupportGrantId, _) = (call.id("id")?, api.house.keys().clone());
    let (pages, post) = (call.pages()?, api.post.clone());
    let act = move |tx: &mut Tx<'_>| {
        let issued = service::issue(tx, &keys, id, false)?;
        let next = ("Go on", pages.at(&format!("/support/{id}")));
        let page =
            ShownOnce::new(TITLE, SAYS, next).secret("Link, for them alone", issued.value().url(post.public_url()));
        let reply = pages.once(TITLE, &page, &page.again())?;
        Ok(issued.map(|_| reply))
    };
    let made = call.write(&api.house, act).await;
    made.or_else(|failure| question(call, id).again(call, failure))
}

fn question<B, Q>(call: &Call<B, Q>, id: SupportGrantId) -> Ask {
    Ask::new(call, "Make another link?", SAYS, &format!("/support/{id}")).sensitive().submit("Make the link")
}
