//! `POST /v1/templates/{id}/versions`

use schemars::JsonSchema;
use sealpost_access::permissions::TEMPLATES_WRITE;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::Deserialize;

use super::view::VersionView;
use crate::templates::Templates;
use crate::templates::codes::TEMPLATE_INVALID;
use crate::templates::model::Content;

/// A new version.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewTemplateVersion")]
struct Body {
    /// What it says.
    content: Content,
}

pub(super) fn publish(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    post("/v1/templates/{id}/versions")
        .needs(TEMPLATES_WRITE)
        .class(Class::Write)
        .acts("template.publish")
        .summary("Add a version to a template")
        .describe("Events that are not pinned to a version use it from the next message on.")
        .body_limit(256 * 1024)
        .takes::<Body>()
        .answers::<VersionView>(201)
        .refuses(&[&TEMPLATE_INVALID])
        .example(serde_json::json!({ "content": { "subject": "Your code", "text": "{{ code }} is your code." } }))
        .to(move |call: Call<Body>| handle(templates.clone(), call))
}

async fn handle(templates: Templates, call: Call<Body>) -> Result<Reply, Failure> {
    let publish = templates.prepare_version(&call.ctx, call.id("id")?, call.body.content.clone()).await?;
    call.write(templates.store(), move |tx| {
        let published = publish.publish(tx)?;
        let reply = Reply::json(201, &VersionView::of(published.value()))?;
        Ok(published.map(|_| reply))
    })
    .await
}
