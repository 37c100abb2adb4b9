//! `POST /v1/support-grants/{id}/link`

use schemars::JsonSchema;
use sealpost_access::permissions::SUPPORT_MANAGE;
use sealpost_store::{SupportGrantId, Time};
use sealpost_web::{Call, Class, Endpoint, Reply, post};
use serde::Serialize;

use super::Api;
use crate::support::codes::{SUPPORT_NO_LINK, SUPPORT_OVER};
use crate::support::service;

/// A link that begins support access.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupportLink")]
struct LinkView {
    /// Shown this once; nothing in the answer to a repeated request.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    /// Until when it is good, and what it begins.
    until: Time,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/support-grants/{id}/link")
        .needs(SUPPORT_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("support_link.create")
        .summary("Make another link for whoever is let in")
        .describe(
            "The first is sent to them. Hand this one over where you know it reaches them: it works once, and whoever came by one before \
             is out.",
        )
        .answers::<LinkView>(200)
        .refuses(&[&SUPPORT_NO_LINK, &SUPPORT_OVER])
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let (id, keys): (SupportGrantId, _) = (call.id("id")?, api.house.keys().clone());
                let post = api.post.clone();
                call.write(&api.house, move |tx| {
                    let issued = service::issue(tx, &keys, id, false)?;
                    let (link, until) = (issued.value().url(post.public_url()), issued.value().until);
                    let shown = LinkView { link: Some(link), until };
                    let reply = Reply::secret_once(200, &shown, &LinkView { link: None, until })?;
                    Ok(issued.map(|_| reply))
                })
                .await
            }
        })
}
