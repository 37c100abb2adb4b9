//! `POST /v1/templates`

use schemars::JsonSchema;
use sealpost_access::permissions::TEMPLATES_WRITE;
use sealpost_govern::approvals;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::Deserialize;

use super::view::FullView;
use crate::channels::ChannelKind;
use crate::label::Label;
use crate::templates::codes::{TEMPLATE_EXISTS, TEMPLATE_INVALID};
use crate::templates::model::{Content, NewTemplate};
use crate::templates::{New, Templates, service};
use crate::versions::{Published, authors};

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
    /// Whether its first version is in force at once; it is, unless you say otherwise.
    in_force: Option<bool>,
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
        .describe("Where live templates take an approval, its first version is a draft, and the answer is `202` with what waits.")
        .answers::<FullView>(201)
        .also_answers(202, "application/json")
        .refuses(&[&TEMPLATE_EXISTS, &TEMPLATE_INVALID, &APPROVAL_PERSON_UNKNOWN])
        .example(serde_json::json!({
            "name": "login-code",
            "channel": "email",
            "content": { "subject": "Your code", "text": "Your code is {{ code }}." }
        }))
        .to(move |call: Call<Body>| handle(templates.clone(), call))
}

async fn handle(templates: Templates, call: Call<Body>) -> Result<Reply, Failure> {
    let Body { name, channel, content, in_force } = &call.body;
    let new = NewTemplate { name: name.clone(), channel: *channel, content: content.clone() };
    let (publish, becomes) = (service::prepare(new)?, New::of(*in_force));
    let (keys, environment) = (templates.store().keys().organisation(call.ctx.org.id).await?, call.ctx.org.environment);
    call.write(templates.store(), move |tx| {
        let created = publish.create(tx, &keys, becomes)?;
        let (template, Published { version, waits }) = created.value();
        let authors = authors(tx, template.id.bytes())?;
        let reply = match waits {
            Some(approval) => approvals::accepted(approval)?,
            None => Reply::json(201, &FullView::of(environment, template, std::slice::from_ref(version), &authors))?
                .location(&format!("/v1/templates/{}", template.id)),
        };
        Ok(created.map(|_| reply))
    })
    .await
}
