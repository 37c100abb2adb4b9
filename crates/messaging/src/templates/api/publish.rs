//! `POST /v1/templates/{id}/versions`

use schemars::JsonSchema;
use sealpost_access::permissions::TEMPLATES_WRITE;
use sealpost_govern::approvals;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::Deserialize;

use super::view::VersionView;
use crate::templates::codes::TEMPLATE_INVALID;
use crate::templates::model::Content;
use crate::templates::{New, Templates};
use crate::versions::{Published, authors};

/// A new version.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewTemplateVersion")]
struct Body {
    /// What it says.
    content: Content,
    /// Whether it is in force at once; it is, unless you say otherwise. A draft is put into force by promoting it.
    in_force: Option<bool>,
}

pub(super) fn publish(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    post("/v1/templates/{id}/versions")
        .needs(TEMPLATES_WRITE)
        .class(Class::Write)
        .acts("template.publish")
        .summary("Add a version to a template")
        .describe(
            "In force at once, unless it is to be a draft: events that are not pinned to a version use it from the next message on. Where \
             live templates take an approval it is a draft until then, and the answer is `202` with what waits.",
        )
        .body_limit(256 * 1024)
        .takes::<Body>()
        .answers::<VersionView>(201)
        .also_answers(202, "application/json")
        .refuses(&[&TEMPLATE_INVALID, &APPROVAL_PERSON_UNKNOWN])
        .example(serde_json::json!({ "content": { "subject": "Your code", "text": "{{ code }} is your code." } }))
        .to(move |call: Call<Body>| handle(templates.clone(), call))
}

async fn handle(templates: Templates, call: Call<Body>) -> Result<Reply, Failure> {
    let publish = templates.prepare_version(&call.ctx, call.id("id")?, call.body.content.clone()).await?;
    let (keys, becomes) = (templates.store().keys().organisation(call.ctx.org.id).await?, New::of(call.body.in_force));
    call.write(templates.store(), move |tx| {
        let published = publish.publish(tx, &keys, becomes)?;
        let (template, Published { version, waits }) = published.value();
        let authors = authors(tx, template.id.bytes())?;
        let reply = match waits {
            Some(approval) => approvals::accepted(approval)?,
            None => Reply::json(201, &VersionView::of(template, version, &authors))?,
        };
        Ok(published.map(|_| reply))
    })
    .await
}
