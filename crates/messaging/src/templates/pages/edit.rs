//! `GET` and `POST /app/{env}/templates/new`, `GET` and `POST /app/{env}/templates/{id}`

use schemars::JsonSchema;
use sealpost_access::permissions::{TEMPLATES_READ, TEMPLATES_WRITE};
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_store::{Environment, TemplateId};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::parts::{Ident, When};
use sealpost_web::shell::{Icon, Refused};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::preview::{Preview, filled};
use crate::channels::{self, ChannelKind};
use crate::label::Label;
use crate::templates::codes::{TEMPLATE_EXISTS, TEMPLATE_INVALID};
use crate::templates::model::{Content, NewTemplate, Template, TemplateVersion};
use crate::templates::{New, Templates, crossing, sample, service};
use crate::versions::{self, By, Elsewhere, Row, rows};

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
    /// `draft`, if it isn't to be in force at once.
    pub(super) becomes: Option<Becomes>,
}

/// What becomes of what is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "VersionBecomes")]
pub(super) enum Becomes {
    /// It is in force at once.
    InForce,
    /// Somebody puts it into force later.
    Draft,
}

impl Form {
    fn becomes(&self) -> New {
        if self.becomes == Some(Becomes::Draft) { New::Draft } else { New::InForce }
    }

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
    /// The page itself, after which `?version=` says which version.
    pub(super) page: String,
    pub(super) versions: Vec<Row>,
    pub(super) elsewhere: Elsewhere,
    /// Where the version that is shown is taken to live.
    pub(super) go_live: Option<String>,
}

/// Which version stands in the editor.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// The one in force unless said otherwise.
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
        .refuses(&[&TEMPLATE_EXISTS, &TEMPLATE_INVALID, &APPROVAL_PERSON_UNKNOWN])
        .to(move |call: Call<Form>| handle_create(templates.clone(), call))
}

async fn handle_create(templates: Templates, call: Call<Form>) -> Result<Reply, Failure> {
    let form = call.body.clone();
    let made = async {
        let name = Label::parse(form.name.as_deref().unwrap_or_default());
        let name = name.map_err(|_| Refusal::of(&BODY_INVALID).at("/name", "label_invalid"))?;
        let channel = form.channel.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/channel", "field_missing"))?;
        let publish = service::prepare(NewTemplate { name, channel, content: form.content() })?;
        let (done, approvals, becomes) = (call.done("/templates"), call.at("/approvals"), form.becomes());
        let keys = templates.store().keys().organisation(call.ctx.org.id).await?;
        call.write(templates.store(), move |tx| {
            let created = publish.create(tx, &keys, becomes)?;
            let (template, published) = created.value();
            let reply = match &published.waits {
                Some(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
                None => done.leads_to(&template.id.to_string()),
            };
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
    let wanted = call.query.version.or(template.in_force).unwrap_or(template.version);
    let shown = versions.iter().find(|one| one.version == wanted).ok_or_else(sealpost_web::not_found)?;
    let Content { subject, text, html } = shown.content.clone();
    let form = Form { subject, text: Some(text), html, ..Form::default() };
    let known = known(&templates, &call, &template, &versions, wanted).await?;
    let page = editor(&call, template.name.clone(), Some(known), template.channel, form, None);
    call.show(&template.name, &page)
}

async fn known<B, Q>(
    templates: &Templates,
    call: &Call<B, Q>,
    template: &Template,
    versions: &[TemplateVersion],
    shown: u32,
) -> Result<Known, Failure> {
    let (page, now) = (call.at(&format!("/templates/{}", template.id)), call.ctx.now());
    let may_write = call.caller.permissions.contains(TEMPLATES_WRITE);
    let in_test = call.ctx.org.environment == Environment::Test;
    let authors = versions::authors_of(templates.store(), &call.ctx, template.id.bytes()).await?;
    let known = |one: &TemplateVersion| versions::Known {
        number: one.version,
        was_in_force: one.released_at.is_some(),
        digest: one.content.digest(template.channel),
        made: When::new(one.created_at, now),
        by: By::of(call, authors.get(&one.version)),
    };
    let there = crossing::other(call.ctx.org.environment);
    let found = templates.elsewhere(&call.ctx, template).await?.map(|(other, version)| {
        let page = call.page_of_in(there, &other.id.to_string());
        (page, version.map(|version| (version.version, version.content.digest(other.channel))))
    });
    let here: Vec<_> = versions.iter().map(|one| (one.version, one.content.digest(template.channel))).collect();
    Ok(Known {
        id: Ident::new(template.id),
        shown,
        newest: template.version,
        versions: rows(&template.standing(), versions.iter().map(known).collect(), &page, may_write),
        elsewhere: Elsewhere::new(there.as_str(), found, &here),
        go_live: (may_write && in_test).then(|| format!("{page}/go-live?version={shown}")),
        page,
    })
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
        .refuses(&[&TEMPLATE_INVALID, &APPROVAL_PERSON_UNKNOWN])
        .to(move |call: Call<Form>| handle_publish(templates.clone(), call))
}

async fn handle_publish(templates: Templates, call: Call<Form>) -> Result<Reply, Failure> {
    let id: TemplateId = call.id("id")?;
    let form = call.body.clone();
    let made = async {
        let publish = templates.prepare_version(&call.ctx, id, form.content()).await?;
        let (done, approvals, becomes) =
            (call.done(&format!("/templates/{id}")), call.at("/approvals"), form.becomes());
        let keys = templates.store().keys().organisation(call.ctx.org.id).await?;
        call.write(templates.store(), move |tx| {
            Ok(publish.publish(tx, &keys, becomes)?.map(|(_, published)| match published.waits {
                Some(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
                None => done,
            }))
        })
        .await
    };
    match made.await {
        Err(Failure::Refused(refusal)) if is_mendable(&refusal) => {
            let template = templates.find(&call.ctx, id).await?;
            let versions = templates.versions(&call.ctx, id).await?;
            let known = known(&templates, &call, &template, &versions, template.version).await?;
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
        let data = sample::data(channel, &form.content());
        form.data = Some(serde_json::to_string_pretty(&data).unwrap_or_else(|_| "{}".into()));
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
