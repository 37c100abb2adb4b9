//! `POST /v1/templates/{id}/preview`

use schemars::JsonSchema;
use sealpost_access::permissions::{CONTACTS_READ, TEMPLATES_READ};
use sealpost_seal::viewer::Field;
use sealpost_seal::{Personal, Purpose, View as Seen};
use sealpost_store::ContactId;
use sealpost_web::problem::PERMISSION_MISSING;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::contacts::Contacts;
use crate::templates::Templates;
use crate::templates::codes::{RENDER_CARD_NUMBER, RENDER_FAILED};
use crate::templates::compiled::Rendered;

/// Sample data.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TemplatePreview")]
struct Body {
    /// Which version; the newest if absent.
    version: Option<u32>,
    /// What fills it.
    #[serde(default)]
    data: Map<String, Value>,
    /// Whose `contact` fills it, masked as the caller sees it. Takes `contacts:read`.
    contact_id: Option<ContactId>,
}

/// What the data and the version make together. Shown in clear: whoever asks has brought the data.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RenderedPreview")]
struct View<'a> {
    /// Which version.
    version: u32,
    /// The subject; e-mail only.
    subject: Option<&'a str>,
    /// The text.
    text: &'a str,
    /// The HTML; e-mail only.
    html: Option<&'a str>,
    /// The variables the version looks up.
    variables: Vec<&'a str>,
}

pub(super) fn preview(templates: &Templates, contacts: &Contacts) -> Endpoint {
    let (templates, contacts) = (templates.clone(), contacts.clone());
    post("/v1/templates/{id}/preview")
        .needs(TEMPLATES_READ)
        .class(Class::Read)
        .changes_nothing("renders the caller's own sample data and keeps neither data nor result")
        .summary("Fill a template with sample data")
        .body_limit(256 * 1024)
        .takes::<Body>()
        .answers::<View<'static>>(200)
        .refuses(&[&RENDER_FAILED, &RENDER_CARD_NUMBER])
        .example(serde_json::json!({ "data": { "code": "417-233" } }))
        .to(move |call: Call<Body>| handle(templates.clone(), contacts.clone(), call))
}

async fn handle(templates: Templates, contacts: Contacts, mut call: Call<Body>) -> Result<Reply, Failure> {
    if let Some(id) = call.body.contact_id {
        let masked = whose(&contacts, &call, id).await?;
        call.body.data.entry("contact").or_insert(masked);
    }
    let template = templates.find(&call.ctx, call.id("id")?).await?;
    let version = call.body.version.unwrap_or(template.version);
    let rendered = templates.render(&call.ctx, template.id, version, &call.body.data).await?;
    let compiled = templates.compiled(&call.ctx, template.id, version).await?;
    let Rendered { subject, text, html } = &rendered;
    let view = View {
        version,
        subject: subject.as_ref().map(clear),
        text: clear(text),
        html: html.as_ref().map(clear),
        variables: compiled.variables().collect(),
    };
    Ok(Reply::ok(&view)?)
}

/// What a template may call the person by, as the caller sees it.
async fn whose(contacts: &Contacts, call: &Call<Body>, id: ContactId) -> Result<Value, Failure> {
    if !call.caller.permissions.contains(CONTACTS_READ) {
        return Err(Refusal::of(&PERMISSION_MISSING).member("required_permission", CONTACTS_READ.name()).into());
    }
    let contact = contacts.find(&call.ctx, id).await?;
    let name = contact.fields.name.as_ref().map(|name| call.ctx.viewer.text(name, Field::Name));
    Ok(crate::templates::contact(name.as_ref().map(Seen::display), contact.locale.as_deref()))
}

fn clear(part: &Personal<String>) -> &str {
    part.expose(Purpose::Render)
}
