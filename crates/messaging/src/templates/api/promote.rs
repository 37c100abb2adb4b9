//! `POST /v1/templates/{id}/versions/{version}/promote`

use sealpost_access::permissions::TEMPLATES_WRITE;
use sealpost_govern::approvals;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};

use super::view::TemplateView;
use crate::templates::{Templates, promotion};
use crate::versions::{PROMOTE_REFUSES, PromoteBody, Promoted, expected};

pub(super) fn promote(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    post("/v1/templates/{id}/versions/{version}/promote")
        .needs(TEMPLATES_WRITE)
        .class(Class::Write)
        .acts("template.promote")
        .summary("Put a version of a template into force")
        .describe(
            "A draft, or an older one: that is going back. Say with `If-Match` or `expected_version` what you believe is in force. In live, \
             where templates take an approval, a version that was never in force waits for one: then the answer is `202` with what waits.",
        )
        .takes::<PromoteBody>()
        .answers::<TemplateView>(200)
        .also_answers(202, "application/json")
        .refuses(&PROMOTE_REFUSES)
        .example(serde_json::json!({}))
        .to(move |call: Call<PromoteBody>| handle(templates.clone(), call))
}

async fn handle(templates: Templates, call: Call<PromoteBody>) -> Result<Reply, Failure> {
    let (id, version, expected) = (call.id("id")?, call.id("version")?, expected(&call));
    let (keys, environment) = (templates.store().keys().organisation(call.ctx.org.id).await?, call.ctx.org.environment);
    call.write(templates.store(), move |tx| {
        let promoted = promotion::promote(tx, &keys, id, version, &expected)?;
        let reply = match promoted.value() {
            Promoted::Waits(approval) => approvals::accepted(approval)?,
            Promoted::InForce(template) => {
                Reply::ok(&TemplateView::of(environment, template))?.version(&template.standing().tag())
            }
        };
        Ok(promoted.map(|_| reply))
    })
    .await
}
