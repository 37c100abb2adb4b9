//! `POST /v1/templates`

use schemars::JsonSchema;
use sealpost_access::permissions::TEMPLATES_WRITE;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::Deserialize;

use super::view::FullView;
use crate::channels::ChannelKind;
use crate::label::Label;
use crate::templates::codes::{TEMPLATE_EXISTS, TEMPLATE_INVALID};
use crate::templates::model::{Content, NewTemplate};
use crate::templates::{Templates, service};

/// A new template with its first version.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewTemplate")]
struct Body {
    /// What it is called.
    name: Label,
    /// What it is for.
    channel: ChannelKind,
    /// What it says.
    content: Content,
}

pub(super) fn create(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    post("/v1/templates")
        .needs(TEMPLATES_WRITE)
        .class(Class::Write)
        .acts("template.create")
        .summary("Create a template with its first version")
        .body_limit(256 * 1024)
        .takes::<Body>()
        .answers::<FullView>(201)
        .refuses(&[&TEMPLATE_EXISTS, &TEMPLATE_INVALID])
        .example(serde_json::json!({
            "name": "login-code",
            "channel": "email",
            "content": { "subject": "Your code", "text": "Your code is {{ code }}." }
        }))
        .to(move |call: Call<Body>| handle(templates.clone(), call))
}

async fn handle(templates: Templates, call: Call<Body>) -> Result<Reply, Failure> {
    let Body { name, channel, content } = &call.body;
    let new = NewTemplate { name: name.clone(), channel: *channel, content: content.clone() };
    let publish = service::prepare(new)?;
    let ctx = call.ctx.clone();
    call.write(templates.store(), move |tx| {
        let created = publish.create(tx)?;
        let (template, version) = created.value();
        let path = format!("/v1/templates/{}", template.id);
        let reply = Reply::json(201, &FullView::of(&ctx, template, std::slice::from_ref(version)))?.location(&path);
        Ok(created.map(|_| reply))
    })
    .await
}
