//! `GET` and `POST /app/{env}/events/new`, `GET` and `POST /app/{env}/events/{id}/publish`

use schemars::JsonSchema;
use sealpost_access::permissions::EVENTS_WRITE;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_store::{Ctx, EventId, RouteId, TemplateId};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind, Tone};
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::channels;
use crate::events::codes::{CHANNEL_UNSUITABLE, EVENT_EXISTS, ROUTE_UNSUITABLE, TEMPLATE_UNKNOWN};
use crate::events::model::{Class, NewEvent, NewVersion};
use crate::events::{Events, service};
use crate::label::Label;
use crate::routes;
use crate::templates::{New, Template, Templates};
use crate::versions::codes::TEMPLATE_FIRST;

/// Templates to choose from.
const TEMPLATES: u32 = 250;

/// What an event is; the name of a new one.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EventForm")]
struct Form {
    name: Option<String>,
    class: Option<Class>,
    template_id: Option<TemplateId>,
    /// Which version of the template; always the one in force if left empty.
    template_version: Option<u32>,
    /// Along which route it goes; through the first channel made for the template's kind if left empty.
    route_id: Option<RouteId>,
    /// Whether it is in force at once; it is, unless it is to be a draft.
    in_force: Option<bool>,
}

/// What can be chosen.
struct Choices {
    templates: Vec<Choice>,
    routes: Vec<Choice>,
}

impl Form {
    fn becomes(&self) -> New {
        New::of(self.in_force)
    }

    fn version(&self) -> Result<NewVersion, Refusal> {
        let missing = |field: &str| Refusal::of(&BODY_INVALID).at(format!("/{field}"), "field_missing");
        Ok(NewVersion {
            class: self.class.ok_or_else(|| missing("class"))?,
            template: self.template_id.ok_or_else(|| missing("template_id"))?,
            template_version: self.template_version,
            channel: None,
            route: self.route_id,
        })
    }
}

pub(super) fn ask_new(events: &Events, templates: &Templates) -> Endpoint {
    let (events, templates) = (events.clone(), templates.clone());
    get("/app/{env}/events/new").needs(EVENTS_WRITE).page().class(Limit::Read).summary("Ask what a new event is").to(
        move |call: Call| {
            let (events, templates) = (events.clone(), templates.clone());
            async move {
                let choices = choices(&events, &templates, &call.ctx).await?;
                question(&call, &Form::default(), None, choices).show(&call)
            }
        },
    )
}

pub(super) fn create(events: &Events, templates: &Templates) -> Endpoint {
    let (events, templates) = (events.clone(), templates.clone());
    post("/app/{env}/events/new")
        .needs(EVENTS_WRITE)
        .session()
        .class(Limit::Write)
        .acts("event.create")
        .done("Event made")
        .summary("Make an event with its first version")
        .takes_form::<Form>()
        .example(json!({ "name": "otp.login", "class": "otp", "template_id": "tpl_01kf3b2y5xfh0r4c9v7t8m6e1s" }))
        .answers_with(303, "")
        .refuses(&[
            &EVENT_EXISTS,
            &TEMPLATE_UNKNOWN,
            &CHANNEL_UNSUITABLE,
            &ROUTE_UNSUITABLE,
            &TEMPLATE_FIRST,
            &APPROVAL_PERSON_UNKNOWN,
        ])
        .to(move |call: Call<Form>| handle_create(events.clone(), templates.clone(), call))
}

async fn handle_create(events: Events, templates: Templates, call: Call<Form>) -> Result<Reply, Failure> {
    let made = async {
        let name = Label::parse(call.body.name.as_deref().unwrap_or_default());
        let name = name.map_err(|_| Refusal::of(&BODY_INVALID).at("/name", "label_invalid"))?;
        let new = NewEvent { name, version: call.body.version()? };
        let (done, approvals) = (call.done("/events"), call.at("/approvals"));
        let keys = events.store().keys().organisation(call.ctx.org.id).await?;
        call.write(events.store(), move |tx| {
            let created = service::create(tx, &keys, new, New::InForce)?;
            let (event, published) = created.value();
            let reply = match &published.waits {
                Some(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
                None => done.leads_to(&event.id.to_string()),
            };
            Ok(created.map(|_| reply))
        })
        .await
    };
    settle(made.await, &events, &templates, &call, None).await
}

pub(super) fn ask(events: &Events, templates: &Templates) -> Endpoint {
    let (events, templates) = (events.clone(), templates.clone());
    get("/app/{env}/events/{id}/publish")
        .needs(EVENTS_WRITE)
        .page()
        .class(Limit::Read)
        .summary("Ask what an event is from now on")
        .to(move |call: Call| {
            let (events, templates) = (events.clone(), templates.clone());
            async move {
                let id: EventId = call.id("id")?;
                let versions = events.versions(&call.ctx, id).await?;
                let newest = versions.first().map_or_else(Form::default, |version| Form {
                    name: None,
                    class: Some(version.class),
                    template_id: Some(version.template),
                    template_version: version.template_version,
                    route_id: version.route,
                    in_force: None,
                });
                let choices = choices(&events, &templates, &call.ctx).await?;
                question(&call, &newest, Some(id), choices).show(&call)
            }
        })
}

pub(super) fn publish(events: &Events, templates: &Templates) -> Endpoint {
    let (events, templates) = (events.clone(), templates.clone());
    post("/app/{env}/events/{id}/publish")
        .needs(EVENTS_WRITE)
        .session()
        .class(Limit::Write)
        .acts("event.publish")
        .done("Version published")
        .summary("Add a version to an event")
        .takes_form::<Form>()
        .example(json!({ "class": "transactional", "template_id": "tpl_01kf3b2y5xfh0r4c9v7t8m6e1s" }))
        .answers_with(303, "")
        .refuses(&[
            &TEMPLATE_UNKNOWN,
            &CHANNEL_UNSUITABLE,
            &ROUTE_UNSUITABLE,
            &TEMPLATE_FIRST,
            &APPROVAL_PERSON_UNKNOWN,
        ])
        .to(move |call: Call<Form>| handle_publish(events.clone(), templates.clone(), call))
}

async fn handle_publish(events: Events, templates: Templates, call: Call<Form>) -> Result<Reply, Failure> {
    let id: EventId = call.id("id")?;
    let made = async {
        let new = call.body.version()?;
        let (done, approvals, becomes) =
            (call.done(&format!("/events/{id}")), call.at("/approvals"), call.body.becomes());
        let keys = events.store().keys().organisation(call.ctx.org.id).await?;
        call.write(events.store(), move |tx| {
            Ok(service::publish(tx, &keys, id, new, becomes)?.map(|(_, published)| match published.waits {
                Some(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
                None => done,
            }))
        })
        .await
    };
    settle(made.await, &events, &templates, &call, Some(id)).await
}

/// What became of it; asks again where another answer could mend it.
async fn settle(
    made: Result<Reply, Failure>,
    events: &Events,
    templates: &Templates,
    call: &Call<Form>,
    id: Option<EventId>,
) -> Result<Reply, Failure> {
    events.changed(&call.ctx);
    match made {
        Ok(reply) => Ok(reply),
        Err(failure) => {
            let choices = choices(events, templates, &call.ctx).await?;
            question(call, &call.body, id, choices).again(call, failure)
        }
    }
}

async fn choices(events: &Events, templates: &Templates, ctx: &Ctx) -> Result<Choices, Failure> {
    let all = templates.list(ctx, None, TEMPLATES).await?;
    let choice = |one: &Template| Choice::new(one.id, format!("{} · {}", one.name, channels::words(one.channel)));
    let through = [Choice::new("", "The first channel of its kind")];
    let routes = through.into_iter().chain(routes::choices(events.store(), ctx).await?).collect();
    Ok(Choices { templates: all.iter().map(choice).collect(), routes })
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form, id: Option<EventId>, choices: Choices) -> Ask {
    let Choices { templates, routes } = choices;
    let classes = [
        Choice::new("transactional", "Transactional: somebody needs it because of something they did"),
        Choice::new("otp", "One-time code"),
        Choice::new("marketing", "Marketing: somebody has agreed to get it"),
    ];
    let ask = match id {
        None => Ask::new(call, "New event", "Your program fires it by its name.", "/events").field(
            Field::new("name", "Name")
                .value(form.name.clone().unwrap_or_default())
                .placeholder("otp.login")
                .hint("a–z, 0–9, dot, dash, underscore")
                .required(),
        ),
        Some(id) => Ask::new(call, "New version", "What it is, in a version of its own.", &format!("/events/{id}")),
    };
    let ask = match templates.is_empty() {
        true => ask.note(Tone::Warn, "There is no template yet: an event needs one."),
        false => ask,
    };
    let template = form.template_id.map(|id| id.to_string()).unwrap_or_default();
    let version = form.template_version.map(|version| version.to_string()).unwrap_or_default();
    let ask = ask
        .field(
            Field::new("class", "Class")
                .kind(Kind::Choice(classes.into()))
                .value(form.class.map_or("transactional", Class::as_str)),
        )
        .field(Field::new("template_id", "Template").kind(Kind::Choice(templates)).value(template))
        .field(
            Field::new("template_version", "Version of the template")
                .kind(Kind::Typed("number"))
                .value(version)
                .hint("Left empty, it is always the one in force."),
        )
        .field(
            Field::new("route_id", "Goes through")
                .kind(Kind::Choice(routes))
                .value(form.route_id.map(|id| id.to_string()).unwrap_or_default()),
        )
        .submit(if id.is_some() { "Publish" } else { "Make the event" });
    match id {
        None => ask,
        Some(_) => ask.field(
            Field::new("in_force", "In force")
                .kind(Kind::Choice(vec![
                    Choice::new("true", "At once"),
                    Choice::new("false", "Later: keep it as a draft"),
                ]))
                .value(if form.in_force == Some(false) { "false" } else { "true" }),
        ),
    }
}
