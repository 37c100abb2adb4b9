//! `GET /app/{env}/events/{id}/diff`, `GET` and `POST /app/{env}/events/{id}/versions/{version}/promote`, `…/go-live`

use sealpost_access::permissions::{EVENTS_READ, EVENTS_WRITE};
use sealpost_govern::approvals::Line;
use sealpost_store::{EventId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use crate::events::codes::{CHANNEL_UNSUITABLE, EVENT_EXISTS, TEMPLATE_UNKNOWN};
use crate::events::{Event, Events, crossing, promotion};
use crate::templates::codes::TEMPLATE_EXISTS;
use crate::versions::codes::TEMPLATE_FIRST;
use crate::versions::{
    DiffPage, DiffPart, DiffQuery, Expected, GO_LIVE_REFUSES, GoLiveForm, PROMOTE_REFUSES, PromoteForm, Promoted,
    ask_go_live, ask_promote, lines,
};

pub(super) fn routes(events: &Events) -> Vec<Endpoint> {
    vec![diff(events), to_promote(events), promote(events), to_go_live(events), go_live(events)]
}

fn diff(events: &Events) -> Endpoint {
    let events = events.clone();
    get("/app/{env}/events/{id}/diff")
        .needs(EVENTS_READ)
        .page()
        .class(Class::Read)
        .summary("Compare two versions of an event")
        .queries::<DiffQuery>()
        .to(move |call: Call<(), DiffQuery>| compare(events.clone(), call))
}

async fn compare(events: Events, call: Call<(), DiffQuery>) -> Result<Reply, Failure> {
    let event = events.find(&call.ctx, call.id("id")?).await?;
    let difference = events.difference(&call.ctx, event.id, call.query.from, call.query.to).await?;
    let page = call.at(&format!("/events/{}", event.id));
    let (from, to) = (difference.from.0, difference.to.0);
    let may_promote = call.caller.permissions.contains(EVENTS_WRITE) && event.in_force != Some(to);
    let part = |line: Line| DiffPart {
        same: line.is_same(),
        lines: lines(line.before.as_deref().unwrap_or_default(), line.after.as_deref().unwrap_or_default()),
        title: line.what,
        rendered: None,
    };
    let content = DiffPage {
        of: event.name,
        from,
        to,
        promote: may_promote.then(|| ("Put into force…", format!("{page}/versions/{to}/promote"))),
        parts: difference.fields.into_iter().map(part).collect(),
        back: page,
    };
    call.show("What differs", &content)
}

fn to_promote(events: &Events) -> Endpoint {
    let events = events.clone();
    get("/app/{env}/events/{id}/versions/{version}/promote")
        .needs(EVENTS_WRITE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to put a version into force")
        .to(move |call: Call| {
            let events = events.clone();
            async move {
                let event = events.find(&call.ctx, call.id("id")?).await?;
                let version = events.version(&call.ctx, event.id, call.id("version")?).await?;
                ask_promote(&call, &event.standing(), version.version, &path(&event)).show(&call)
            }
        })
}

fn path(event: &Event) -> String {
    format!("/events/{}", event.id)
}

fn promote(events: &Events) -> Endpoint {
    let events = events.clone();
    post("/app/{env}/events/{id}/versions/{version}/promote")
        .needs(EVENTS_WRITE)
        .session()
        .class(Class::Write)
        .acts("event.promote")
        .done("In force")
        .summary("Put a version of an event into force")
        .takes_form::<PromoteForm>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&PROMOTE_REFUSES)
        .refuses(&[&TEMPLATE_FIRST])
        .to(move |call: Call<PromoteForm>| handle_promote(events.clone(), call))
}

async fn handle_promote(events: Events, call: Call<PromoteForm>) -> Result<Reply, Failure> {
    let (id, version): (EventId, u32) = (call.id("id")?, call.id("version")?);
    let keys = events.store().keys().organisation(call.ctx.org.id).await?;
    let expected = Expected { tags: None, in_force: call.body.expected_version };
    let (done, approvals) = (call.done(&format!("/events/{id}")), call.at("/approvals"));
    let promote = move |tx: &mut Tx<'_>| {
        Ok(promotion::promote(tx, &keys, id, version, &expected)?.map(|promoted| settled(promoted, done, &approvals)))
    };
    let promoted = call.write(events.store(), promote).await;
    events.changed(&call.ctx);
    match promoted {
        Ok(reply) => Ok(reply),
        Err(failure) => {
            let event = events.find(&call.ctx, id).await?;
            ask_promote(&call, &event.standing(), version, &path(&event)).again(&call, failure)
        }
    }
}

/// Leads to what was put into force, or to what waits.
fn settled(promoted: Promoted<Event>, done: Reply, approvals: &str) -> Reply {
    match promoted {
        Promoted::InForce(_) => done,
        Promoted::Waits(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
    }
}

fn to_go_live(events: &Events) -> Endpoint {
    let events = events.clone();
    get("/app/{env}/events/{id}/go-live")
        .needs(EVENTS_WRITE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to take an event to live")
        .queries::<GoLiveForm>()
        .to(move |call: Call<(), GoLiveForm>| {
            let events = events.clone();
            async move {
                let event = events.find(&call.ctx, call.id("id")?).await?;
                ask_go_live(&call, &event.name, call.query.version, SAYS, &path(&event)).show(&call)
            }
        })
}

const SAYS: &str = "in live the event of this name gets this version, with what its template says, in force from the next message on. Where \
                    that takes an approval, others see it first.";

fn go_live(events: &Events) -> Endpoint {
    let events = events.clone();
    post("/app/{env}/events/{id}/go-live")
        .needs(EVENTS_WRITE)
        .session()
        .class(Class::Write)
        .acts("event.go_live")
        .done("Live")
        .summary("Take an event from test to live")
        .takes_form::<GoLiveForm>()
        .example(json!({ "version": 1 }))
        .answers_with(303, "")
        .refuses(&GO_LIVE_REFUSES)
        .refuses(&[&TEMPLATE_FIRST, &TEMPLATE_UNKNOWN, &CHANNEL_UNSUITABLE, &EVENT_EXISTS, &TEMPLATE_EXISTS])
        .to(move |call: Call<GoLiveForm>| handle_go_live(events.clone(), call))
}

async fn handle_go_live(events: Events, call: Call<GoLiveForm>) -> Result<Reply, Failure> {
    let (id, version): (EventId, _) = (call.id("id")?, call.body.version);
    let keys = events.store().keys().organisation(call.ctx.org.id).await?;
    let (done, approvals) = (call.done(&format!("/events/{id}")), call.at("/approvals"));
    let go = move |tx: &mut Tx<'_>| {
        Ok(crossing::go_live(tx, &keys, id, version)?.map(|promoted| settled(promoted, done, &approvals)))
    };
    let gone = call.write(events.store(), go).await;
    events.live_changed(&call.ctx);
    match gone {
        Ok(reply) => Ok(reply),
        Err(failure) => {
            let event = events.find(&call.ctx, id).await?;
            ask_go_live(&call, &event.name, version, SAYS, &path(&event)).again(&call, failure)
        }
    }
}
