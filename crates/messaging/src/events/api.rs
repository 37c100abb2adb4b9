//! The routes of events.

use schemars::JsonSchema;
use sealpost_access::permissions::{EVENTS_READ, EVENTS_WRITE};
use sealpost_store::{ChannelId, Ctx, EventId, RouteId, TemplateId, Time};
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Feature, Page, PageQuery, Reply, get, post};
use serde::{Deserialize, Serialize};

use super::codes::{self, CHANNEL_UNSUITABLE, EVENT_EXISTS, ROUTE_UNSUITABLE, TEMPLATE_UNKNOWN};
use super::model::{Class, Event, EventVersion, NewEvent, NewVersion};
use super::{Events, pages, service};
use crate::cursor;
use crate::label::Label;
use crate::templates::Templates;

/// What events add to the API.
pub fn feature(events: &Events, templates: &Templates) -> Feature {
    Feature {
        name: "events",
        about: "What you fire by name: a class, a template and a channel or a route, in numbered versions that never change.",
        routes: [create(events), list(events), show(events), publish(events)]
            .into_iter()
            .chain(pages::routes(events, templates))
            .collect(),
        codes: codes::ALL,
    }
}

/// A new event with its first version.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewEvent")]
struct NewBody {
    /// What it is called.
    name: Label,
    /// What its messages are for.
    class: Class,
    /// What they say.
    template_id: TemplateId,
    /// Which version of the template; always the newest if absent.
    #[schemars(range(min = 1))]
    template_version: Option<u32>,
    /// Through what they go; the first channel made for the template's kind if absent.
    channel_id: Option<ChannelId>,
    /// Along which route they go instead.
    route_id: Option<RouteId>,
}

/// A new version of an event.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewEventVersion")]
struct VersionBody {
    /// What its messages are for.
    class: Class,
    /// What they say.
    template_id: TemplateId,
    /// Which version of the template; always the newest if absent.
    #[schemars(range(min = 1))]
    template_version: Option<u32>,
    /// Through what they go; the first channel made for the template's kind if absent.
    channel_id: Option<ChannelId>,
    /// Along which route they go instead.
    route_id: Option<RouteId>,
}

/// An event.
#[derive(Serialize, JsonSchema)]
struct EventView {
    /// Its id.
    id: EventId,
    /// `test` or `live`.
    environment: &'static str,
    /// What it is called.
    name: String,
    /// Its newest version.
    version: u32,
    /// When it was made.
    created_at: Time,
}

/// A version of an event.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventVersionView")]
struct VersionView {
    /// Its number, from 1.
    version: u32,
    /// What its messages are for.
    class: Class,
    /// What they say.
    template_id: TemplateId,
    /// Which version of the template, if it is pinned to one.
    template_version: Option<u32>,
    /// Through what they go, if that is said.
    channel_id: Option<ChannelId>,
    /// Along which route they go, if that is said.
    route_id: Option<RouteId>,
    /// When it was made.
    created_at: Time,
}

/// An event with its versions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FullEventView")]
struct FullView {
    #[serde(flatten)]
    event: EventView,
    /// Versions, newest first.
    versions: Vec<VersionView>,
}

impl EventView {
    fn of(ctx: &Ctx, event: &Event) -> Self {
        let Event { id, name, version, created_at } = event.clone();
        Self { id, environment: ctx.org.environment.as_str(), name, version, created_at }
    }
}

impl From<&EventVersion> for VersionView {
    fn from(version: &EventVersion) -> Self {
        let EventVersion { version, class, template, template_version, channel, route, created_at } = version.clone();
        Self {
            version,
            class,
            template_id: template,
            template_version,
            channel_id: channel,
            route_id: route,
            created_at,
        }
    }
}

fn create(events: &Events) -> Endpoint {
    let events = events.clone();
    post("/v1/events")
        .needs(EVENTS_WRITE)
        .class(Limit::Write)
        .acts("event.create")
        .summary("Create an event with its first version")
        .takes::<NewBody>()
        .answers::<FullView>(201)
        .refuses(&[&EVENT_EXISTS, &TEMPLATE_UNKNOWN, &CHANNEL_UNSUITABLE, &ROUTE_UNSUITABLE])
        .example(serde_json::json!({
            "name": "otp.login", "class": "otp", "template_id": "tpl_01kf3b2y5xfh0r4c9v7t8m6e1s"
        }))
        .to(move |call: Call<NewBody>| handle_create(events.clone(), call))
}

async fn handle_create(events: Events, call: Call<NewBody>) -> Result<Reply, Failure> {
    let NewBody { name, class, template_id, template_version, channel_id, route_id } = &call.body;
    let version = NewVersion {
        class: *class,
        template: *template_id,
        template_version: *template_version,
        channel: *channel_id,
        route: *route_id,
    };
    let (new, ctx) = (NewEvent { name: name.clone(), version }, call.ctx.clone());
    let reply = call
        .write(events.store(), move |tx| {
            let created = service::create(tx, new)?;
            let (event, version) = created.value();
            let view = FullView { event: EventView::of(&ctx, event), versions: vec![version.into()] };
            let reply = Reply::json(201, &view)?.location(&format!("/v1/events/{}", event.id));
            Ok(created.map(|_| reply))
        })
        .await?;
    events.changed(&call.ctx);
    Ok(reply)
}

fn publish(events: &Events) -> Endpoint {
    let events = events.clone();
    post("/v1/events/{id}/versions")
        .needs(EVENTS_WRITE)
        .class(Limit::Write)
        .acts("event.publish")
        .summary("Add a version to an event")
        .describe("It is used from the next message on.")
        .takes::<VersionBody>()
        .answers::<VersionView>(201)
        .refuses(&[&TEMPLATE_UNKNOWN, &CHANNEL_UNSUITABLE, &ROUTE_UNSUITABLE])
        .example(serde_json::json!({
            "class": "transactional", "template_id": "tpl_01kf3b2y5xfh0r4c9v7t8m6e1s", "template_version": 2
        }))
        .to(move |call: Call<VersionBody>| handle_publish(events.clone(), call))
}

async fn handle_publish(events: Events, call: Call<VersionBody>) -> Result<Reply, Failure> {
    let VersionBody { class, template_id, template_version, channel_id, route_id } = call.body;
    let new = NewVersion { class, template: template_id, template_version, channel: channel_id, route: route_id };
    let id = call.id("id")?;
    let reply = call
        .write(events.store(), move |tx| {
            let published = service::publish(tx, id, new)?;
            let reply = Reply::json(201, &VersionView::from(published.value()))?;
            Ok(published.map(|_| reply))
        })
        .await?;
    events.changed(&call.ctx);
    Ok(reply)
}

fn list(events: &Events) -> Endpoint {
    let events = events.clone();
    get("/v1/events")
        .needs(EVENTS_READ)
        .class(Limit::Read)
        .summary("List events, newest first")
        .queries::<PageQuery>()
        .answers::<Page<EventView>>(200)
        .to(move |call: Call<(), PageQuery>| handle_list(events.clone(), call))
}

async fn handle_list(events: Events, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(events.store().keys(), &(), call.query.limit)?;
    let before = cursor::behind(&listing, call.query.cursor.as_deref(), EventId::from_bytes)?;
    let rows = events.list(&call.ctx, before, listing.fetch()).await?;
    let page = listing.page(rows, |row| row.id.bytes().to_vec(), |row| EventView::of(&call.ctx, &row));
    Ok(Reply::ok(&page)?)
}

fn show(events: &Events) -> Endpoint {
    let events = events.clone();
    get("/v1/events/{id}")
        .needs(EVENTS_READ)
        .class(Limit::Read)
        .summary("Read an event with all its versions")
        .answers::<FullView>(200)
        .to(move |call: Call| handle_show(events.clone(), call))
}

async fn handle_show(events: Events, call: Call) -> Result<Reply, Failure> {
    let id = call.id("id")?;
    let event = events.find(&call.ctx, id).await?;
    let versions = events.versions(&call.ctx, id).await?;
    let view =
        FullView { event: EventView::of(&call.ctx, &event), versions: versions.iter().map(Into::into).collect() };
    Ok(Reply::ok(&view)?)
}
