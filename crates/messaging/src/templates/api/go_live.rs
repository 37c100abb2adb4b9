//! `POST /v1/templates/{id}/promote-to-live`

use sealpost_access::permissions::TEMPLATES_WRITE;
use sealpost_govern::approvals;
use sealpost_store::Environment;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};

use super::view::TemplateView;
use crate::templates::codes::TEMPLATE_EXISTS;
use crate::templates::{Templates, crossing};
use crate::versions::{GO_LIVE_REFUSES, GoLiveBody, Promoted};

pub(super) fn go_live(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    post("/v1/templates/{id}/promote-to-live")
        .needs(TEMPLATES_WRITE)
        .session()
        .class(Class::Write)
        .acts("template.go_live")
        .summary("Take a template from test to live")
        .describe(
            "In the live environment the template of the same name, made if it isn't there, gets a version with exactly these bytes, which \
             is in force at once, all in one transaction. Takes a signed-in member, who holds a role in both environments: a key belongs \
             to one. Where templates take an approval the answer is `202` with what waits.",
        )
        .takes::<GoLiveBody>()
        .answers::<TemplateView>(200)
        .also_answers(202, "application/json")
        .refuses(&GO_LIVE_REFUSES)
        .refuses(&[&TEMPLATE_EXISTS])
        .example(serde_json::json!({ "version": 1 }))
        .to(move |call: Call<GoLiveBody>| handle(templates.clone(), call))
}

async fn handle(templates: Templates, call: Call<GoLiveBody>) -> Result<Reply, Failure> {
    let (id, version) = (call.id("id")?, call.body.version);
    let keys = templates.store().keys().organisation(call.ctx.org.id).await?;
    call.write(templates.store(), move |tx| {
        let promoted = crossing::go_live(tx, &keys, id, version)?;
        let reply = match promoted.value() {
            Promoted::Waits(approval) => approvals::accepted(approval)?,
            Promoted::InForce(live) => Reply::ok(&TemplateView::of(Environment::Live, live))?,
        };
        Ok(promoted.map(|_| reply))
    })
    .await
}
