//! The routes of events.

mod versions;

use schemars::JsonSchema;
use sealpost_access::permissions::{EVENTS_READ, EVENTS_WRITE};
use sealpost_govern::approvals;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_govern::audit::TypedId;
use sealpost_store::{ChannelId, Environment, EventId, RouteId, TemplateId, Time};
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Feature, Page, PageQuery, Reply, get, post};
use serde::{Deserialize, Serialize};

use super::codes::{self, CHANNEL_UNSUITABLE, EVENT_EXISTS, ROUTE_UNSUITABLE, TEMPLATE_UNKNOWN};
use super::face::Face;
use super::model::{Class, Event, EventVersion, NewEvent, NewVersion};
use super::{Events, face, pages, service};
use crate::cursor;
use crate::label::Label;
use crate::templates::{New, Templates};
use crate::versions::codes::TEMPLATE_FIRST;
use crate::versions::{Author, Authors, ContentDigest, Published, authors, authors_of};

/// What events add to the API.
pub fn feature(events: &Events, templates: &Templates) -> Feature {
    Feature {
        name: "events",
        about: "What you fire by name: a class, a template and a channel or a route, in numbered versions that never change.",
        routes: [create(events), list(events), show(events), publish(events)]
            .into_iter()
            .chain(versions::routes(events))
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
    /// Which version of the template; always the one in force if absent.
    #[schemars(range(min = 1))]
    template_version: Option<u32>,
    /// Through what they go; the first channel made for the template's kind if absent.
    channel_id: Option<ChannelId>,
    /// Along which route they go instead.
    route_id: Option<RouteId>,
    /// Whether its first version is in force at once; it is, unless you say otherwise.
    in_force: Option<bool>,
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
    /// Which version of the template; always the one in force if absent.
    #[schemars(range(min = 1))]
    template_version: Option<u32>,
    /// Through what they go; the first channel made for the template's kind if absent.
    channel_id: Option<ChannelId>,
    /// Along which route they go instead.
    route_id: Option<RouteId>,
    /// Whether it is in force at once; it is, unless you say otherwise. A draft is put into force by promoting it.
    in_force: Option<bool>,
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
    /// The version in force: what messages are. Nothing, until others have agreed to the first.
    in_force: Option<u32>,
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
    /// SHA-256 of what it is, by names: the same in both environments.
    digest: ContentDigest,
    /// Whether it is the version in force.
    in_force: bool,
    /// Since when it has been in force for the first time; nothing, if it never was.
    released_at: Option<Time>,
    /// When it was made.
    created_at: Time,
    /// Who wrote it: a member, or a key. Nothing of versions from before this was kept.
    written_by: Option<TypedId>,
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
    fn of(environment: Environment, event: &Event) -> Self {
        let Event { id, name, version, in_force, promotions: _, created_at } = event.clone();
        Self { id, environment: environment.as_str(), name, version, in_force, created_at }
    }
}

impl VersionView {
    fn of(event: &Event, version: &EventVersion, digest: ContentDigest, authors: &Authors) -> Self {
        let EventVersion { version, class, template, template_version, channel, route, created_at, released_at } =
            version.clone();
        Self {
            version,
            class,
            template_id: template,
            template_version,
            channel_id: channel,
            route_id: route,
            digest,
            in_force: event.in_force == Some(version),
            released_at,
            created_at,
            written_by: authors.get(&version).and_then(Author::named),
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
        .describe("Where live events take an approval, its first version is a draft, and the answer is `202` with what waits.")
        .answers::<FullView>(201)
        .also_answers(202, "application/json")
        .refuses(&[
            &EVENT_EXISTS,
            &TEMPLATE_UNKNOWN,
            &CHANNEL_UNSUITABLE,
            &ROUTE_UNSUITABLE,
            &TEMPLATE_FIRST,
            &APPROVAL_PERSON_UNKNOWN,
        ])
        .example(serde_json::json!({
            "name": "otp.login", "class": "otp", "template_id": "tpl_01kf3b2y5xfh0r4c9v7t8m6e1s"
        }))
        .to(move |call: Call<NewBody>| handle_create(events.clone(), call))
}

async fn handle_create(events: Events, call: Call<NewBody>) -> Result<Reply, Failure> {
    let NewBody { name, class, template_id, template_version, channel_id, route_id, in_force } = &call.body;
    let version = NewVersion {
        class: *class,
        template: *template_id,
        template_version: *template_version,
        channel: *channel_id,
        route: *route_id,
    };
    let (new, environment) = (NewEvent { name: name.clone(), version }, call.ctx.org.environment);
    let (keys, becomes) = (events.store().keys().organisation(call.ctx.org.id).await?, New::of(*in_force));
    let reply = call
        .write(events.store(), move |tx| {
            let created = service::create(tx, &keys, new, becomes)?;
            let (event, Published { version, waits }) = created.value();
            let reply = match waits {
                Some(approval) => approvals::accepted(approval)?,
                None => {
                    let authors = authors(tx, event.id.bytes())?;
                    let version = VersionView::of(event, version, face::of(tx, version)?.digest(), &authors);
                    let view = FullView { event: EventView::of(environment, event), versions: vec![version] };
                    Reply::json(201, &view)?.location(&format!("/v1/events/{}", event.id))
                }
            };
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
        .describe(
            "It is used from the next message on, unless it is to be a draft. Where live events take an approval it is a draft until then, \
             and the answer is `202` with what waits.",
        )
        .takes::<VersionBody>()
        .answers::<VersionView>(201)
        .also_answers(202, "application/json")
        .refuses(&[
            &TEMPLATE_UNKNOWN,
            &CHANNEL_UNSUITABLE,
            &ROUTE_UNSUITABLE,
            &TEMPLATE_FIRST,
            &APPROVAL_PERSON_UNKNOWN,
        ])
        .example(serde_json::json!({
            "class": "transactional", "template_id": "tpl_01kf3b2y5xfh0r4c9v7t8m6e1s", "template_version": 2
        }))
        .to(move |call: Call<VersionBody>| handle_publish(events.clone(), call))
}

async fn handle_publish(events: Events, call: Call<VersionBody>) -> Result<Reply, Failure> {
    let VersionBody { class, template_id, template_version, channel_id, route_id, in_force } = call.body;
    let new = NewVersion { class, template: template_id, template_version, channel: channel_id, route: route_id };
    let id = call.id("id")?;
    let (keys, becomes) = (events.store().keys().organisation(call.ctx.org.id).await?, New::of(in_force));
    let reply = call
        .write(events.store(), move |tx| {
            let published = service::publish(tx, &keys, id, new, becomes)?;
            let (event, Published { version, waits }) = published.value();
            let reply = match waits {
                Some(approval) => approvals::accepted(approval)?,
                None => {
                    let (digest, authors) = (face::of(tx, version)?.digest(), authors(tx, event.id.bytes())?);
                    Reply::json(201, &VersionView::of(event, version, digest, &authors))?
                }
            };
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
    let page = listing.page(rows, |row| row.id.bytes().to_vec(), |row| EventView::of(call.ctx.org.environment, &row));
    Ok(Reply::ok(&page)?)
}

fn show(events: &Events) -> Endpoint {
    let events = events.clone();
    get("/v1/events/{id}")
        .needs(EVENTS_READ)
        .class(Limit::Read)
        .summary("Read an event with all its versions")
        .describe("Its `ETag` is another as soon as there is a new version, or another one is in force.")
        .answers::<FullView>(200)
        .to(move |call: Call| handle_show(events.clone(), call))
}

async fn handle_show(events: Events, call: Call) -> Result<Reply, Failure> {
    let id = call.id("id")?;
    let event = events.find(&call.ctx, id).await?;
    let versions = events.faces(&call.ctx, id).await?;
    let authors = authors_of(events.store(), &call.ctx, event.id.bytes()).await?;
    let version = |(version, face): &(EventVersion, Face)| VersionView::of(&event, version, face.digest(), &authors);
    let view = FullView {
        event: EventView::of(call.ctx.org.environment, &event),
        versions: versions.iter().map(version).collect(),
    };
    Ok(Reply::ok(&view)?.version(&event.standing().tag()))
}
