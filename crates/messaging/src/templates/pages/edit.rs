//! `GET` and `POST /app/{env}/templates/new`, `GET` and `POST /app/{env}/templates/{id}`

use schemars::JsonSchema;
use sealpost_access::permissions::{TEMPLATES_READ, TEMPLATES_WRITE};
use sealpost_store::TemplateId;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::parts::{Ident, When};
use sealpost_web::shell::{Icon, Refused};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::preview::{Preview, filled};
use crate::channels::{self, ChannelKind};
use crate::label::Label;
use crate::templates::codes::{TEMPLATE_EXISTS, TEMPLATE_INVALID};
use crate::templates::compiled::Compiled;
use crate::templates::model::{Content, NewTemplate, Template, TemplateVersion};
use crate::templates::{Templates, service};

/// The longest form: three parts of 64 KiB, and data, as a browser writes them.
pub(super) const LARGEST: usize = 1024 * 1024;

/// What stands in the editor.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TemplateForm")]
pub(super) struct Form {
    /// What the template is called; of a new one.
    pub(super) name: Option<String>,
    /// `email` or `sms`.
    pub(super) channel: Option<ChannelKind>,
    pub(super) subject: Option<String>,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    /// Sample data, an object in JSON; kept nowhere.
    pub(super) data: Option<String>,
}

impl Form {
    pub(super) fn content(&self) -> Content {
        Content { subject: self.subject.clone(), text: self.text.clone().unwrap_or_default(), html: self.html.clone() }
    }
}

/// The editor, with what is around it.
#[derive(askama::Template)]
#[template(path = "templates/pages/edit.html")]
pub(super) struct EditPage {
    pub(super) title: String,
    pub(super) list: String,
    /// What there is already: its id, its versions, and which of them stands in the editor.
    pub(super) known: Option<Known>,
    pub(super) channel: ChannelKind,
    pub(super) form: Form,
    pub(super) action: String,
    pub(super) try_out: String,
    pub(super) csrf: String,
    pub(super) once: String,
    pub(super) may_write: bool,
    pub(super) wrong: Option<Refused>,
    pub(super) preview: Preview,
}

/// A template that is there already.
pub(super) struct Known {
    pub(super) id: Ident,
    pub(super) shown: u32,
    pub(super) newest: u32,
    pub(super) versions: Vec<(u32, String, When)>,
}

/// Which version stands in the editor.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// The newest unless said otherwise.
    version: Option<u32>,
}

pub(super) fn ask_new() -> Endpoint {
    get("/app/{env}/templates/new")
        .needs(TEMPLATES_WRITE)
        .page()
        .class(Class::Read)
        .summary("Show the editor for a new template")
        .to(|call: Call| async move {
            let form = Form { text: Some("{{ code }} is your code.".into()), ..Form::default() };
            show_new(&call, form, None)
        })
}

pub(super) fn create(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    post("/app/{env}/templates/new")
        .needs(TEMPLATES_WRITE)
        .session()
        .class(Class::Write)
        .acts("template.create")
        .done("Template made")
        .summary("Make a template with its first version")
        .body_limit(LARGEST)
        .takes_form::<Form>()
        .example(json!({ "name": "login-code", "channel": "sms", "text": "Your code is {{ code }}." }))
        .answers_with(303, "")
        .refuses(&[&TEMPLATE_EXISTS, &TEMPLATE_INVALID])
        .to(move |call: Call<Form>| handle_create(templates.clone(), call))
}

async fn handle_create(templates: Templates, call: Call<Form>) -> Result<Reply, Failure> {
    let form = call.body.clone();
    let made = async {
        let name = Label::parse(form.name.as_deref().unwrap_or_default());
        let name = name.map_err(|_| Refusal::of(&BODY_INVALID).at("/name", "label_invalid"))?;
        let channel = form.channel.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/channel", "field_missing"))?;
        let publish = service::prepare(NewTemplate { name, channel, content: form.content() })?;
        let done = call.done("/templates");
        call.write(templates.store(), move |tx| {
            let created = publish.create(tx)?;
            let reply = done.leads_to(&created.value().0.id.to_string());
            Ok(created.map(|_| reply))
        })
        .await
    };
    match made.await {
        Err(Failure::Refused(refusal)) if is_mendable(&refusal) => {
            Ok(show_new(&call, form, Some(&refusal))?.with_status(refusal.code().status))
        }
        settled => settled,
    }
}

fn show_new<B, Q>(call: &Call<B, Q>, form: Form, refused: Option<&Refusal>) -> Result<Reply, Failure> {
    let channel = form.channel.unwrap_or(ChannelKind::Sms);
    let page = editor(call, "New template".into(), None, channel, form, refused);
    call.show("New template", &page)
}

pub(super) fn show(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    get("/app/{env}/templates/{id}")
        .needs(TEMPLATES_READ)
        .page()
        .class(Class::Read)
        .summary("Show a template in the editor")
        .queries::<Query>()
        .to(move |call: Call<(), Query>| handle_show(templates.clone(), call))
}

async fn handle_show(templates: Templates, call: Call<(), Query>) -> Result<Reply, Failure> {
    let id: TemplateId = call.id("id")?;
    let template = templates.find(&call.ctx, id).await?;
    let versions = templates.versions(&call.ctx, id).await?;
    let wanted = call.query.version.unwrap_or(template.version);
    let shown = versions.iter().find(|one| one.version == wanted).ok_or_else(sealpost_web::not_found)?;
    let Content { subject, text, html } = shown.content.clone();
    let form = Form { subject, text: Some(text), html, ..Form::default() };
    let known = known(&call, &template, &versions, wanted);
    let page = editor(&call, template.name.clone(), Some(known), template.channel, form, None);
    call.show(&template.name, &page)
}

fn known<B, Q>(call: &Call<B, Q>, template: &Template, versions: &[TemplateVersion], shown: u32) -> Known {
    let line = |one: &TemplateVersion| {
        let href = call.at(&format!("/templates/{}?version={}", template.id, one.version));
        (one.version, href, When::new(one.created_at, call.ctx.now()))
    };
    Known {
        id: Ident::new(template.id),
        shown,
        newest: template.version,
        versions: versions.iter().map(line).collect(),
    }
}

pub(super) fn publish(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    post("/app/{env}/templates/{id}")
        .needs(TEMPLATES_WRITE)
        .session()
        .class(Class::Write)
        .acts("template.publish")
        .done("Version published")
        .summary("Add a version to a template")
        .body_limit(LARGEST)
        .takes_form::<Form>()
        .example(json!({ "subject": "Your code", "text": "{{ code }} is your code." }))
        .answers_with(303, "")
        .refuses(&[&TEMPLATE_INVALID])
        .to(move |call: Call<Form>| handle_publish(templates.clone(), call))
}

async fn handle_publish(templates: Templates, call: Call<Form>) -> Result<Reply, Failure> {
    let id: TemplateId = call.id("id")?;
    let form = call.body.clone();
    let made = async {
        let publish = templates.prepare_version(&call.ctx, id, form.content()).await?;
        let reply = call.done(&format!("/templates/{id}"));
        call.write(templates.store(), move |tx| Ok(publish.publish(tx)?.map(|_| reply))).await
    };
    match made.await {
        Err(Failure::Refused(refusal)) if is_mendable(&refusal) => {
            let template = templates.find(&call.ctx, id).await?;
            let versions = templates.versions(&call.ctx, id).await?;
            let known = known(&call, &template, &versions, template.version);
            let page = editor(&call, template.name.clone(), Some(known), template.channel, form, Some(&refusal));
            Ok(call.show(&template.name, &page)?.with_status(refusal.code().status))
        }
        settled => settled,
    }
}

fn is_mendable(refusal: &Refusal) -> bool {
    matches!(refusal.code().status, 409 | 422)
}

fn editor<B, Q>(
    call: &Call<B, Q>,
    title: String,
    known: Option<Known>,
    channel: ChannelKind,
    mut form: Form,
    refused: Option<&Refusal>,
) -> EditPage {
    form.channel = Some(channel);
    if form.data.is_none() {
        form.data = Some(sample_data(channel, &form.content()));
    }
    EditPage {
        title,
        list: call.at("/templates"),
        known,
        channel,
        preview: filled(&form),
        form,
        action: call.own_path(),
        try_out: call.at("/templates/preview"),
        csrf: call.csrf_token().to_owned(),
        once: call.once_token(),
        may_write: call.caller.permissions.contains(TEMPLATES_WRITE),
        wrong: refused.map(Refused::of),
    }
}

/// An object with what the template looks up, each with its own name as its value.
fn sample_data(channel: ChannelKind, content: &Content) -> String {
    let variables =
        Compiled::new(channel, content).map(|compiled| compiled.variables().map(str::to_owned).collect::<Vec<_>>());
    let data: Map<String, Value> = variables
        .unwrap_or_default()
        .into_iter()
        .map(|name| (name.clone(), Value::String(example_of(&name))))
        .collect();
    serde_json::to_string_pretty(&data).unwrap_or_else(|_| "{}".into())
}

fn example_of(name: &str) -> String {
    match name {
        "code" => "417-233".into(),
        "name" => "Ada Example".into(),
        "day" => "Thursday, 15 January".into(),
        other => format!("‹{other}›"),
    }
}
