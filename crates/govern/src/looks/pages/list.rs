//! `GET /app/{env}/looks`

use askama::Template;
use schemars::JsonSchema;
use sealpost_access::permissions::{DOWNLOADS_REQUEST, LEDGER_READ};
use sealpost_store::{Environment, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Chips, Empty, Pager, Shape, State, Tone, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Deserialize;

use crate::audit::words::{self, Who};
use crate::audit::{ActorWord, EnvironmentWord, ResultWord, TypedId};
use crate::looks::api::{Api, page};
use crate::looks::past::{Day, PastLook, Wanted};

/// Which looks.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LooksPageQuery")]
pub(super) struct Query {
    /// Of this member or key.
    pub(super) actor: Option<TypedId>,
    /// At this object.
    pub(super) object: Option<TypedId>,
    /// On this day (UTC).
    pub(super) day: Option<Day>,
    /// Where to begin.
    pub(super) cursor: Option<String>,
}

/// The list.
#[derive(Template)]
#[template(path = "looks/pages/list.html")]
pub(super) struct ListPage {
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) chips: Chips,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
    /// Where these are asked for as a file, for whoever may.
    pub(super) file: Option<String>,
}

impl ListPage {
    fn is_narrowed(&self) -> bool {
        self.query.actor.is_some() || self.query.object.is_some() || self.query.day.is_some()
    }
}

/// One look.
pub(super) struct Row {
    seq: u64,
    href: String,
    at: When,
    who: Who,
    what: String,
    object: Option<(String, Option<String>)>,
    fields: String,
    why: Option<String>,
    result: State,
    burst: bool,
}

impl Row {
    pub(super) fn of(look: &PastLook, href: String, now: Time, page_of: impl Fn(&str) -> Option<String>) -> Self {
        let (icon, says) = match look.actor_kind {
            ActorWord::Member => (Icon::Person, "Member"),
            ActorWord::Key => (Icon::Key, "Key"),
            _ => (Icon::Keyboard, "Operator on the host"),
        };
        Self {
            seq: look.seq,
            href,
            at: When::new(look.at, now),
            who: Who { icon, says, id: look.actor.as_ref().map(|id| words::linked(id, &page_of)) },
            what: words::act(&look.action).1,
            object: look.object.as_ref().map(|id| words::linked(id, &page_of)),
            fields: look.fields.join(", ").replace('_', " "),
            why: look.why.clone(),
            result: match look.result {
                ResultWord::Ok => State::new("Seen", Shape::Done, Tone::Ok),
                ResultWord::Denied => State::new("Refused", Shape::Ended, Tone::Warn),
                ResultWord::Failed => State::new("Failed", Shape::Failed, Tone::Bad),
            },
            burst: look.burst,
        }
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/looks")
        .needs(LEDGER_READ)
        .page()
        .class(Class::Search)
        .acts("ledger.read")
        .summary("Who looked at clear data, and why")
        .queries::<Query>()
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), Query>) -> Result<Reply, Failure> {
    let (query, now, path) = (call.query.clone(), call.ctx.now(), call.at("/looks"));
    let cursor = query.cursor.as_deref();
    let wanted = Wanted { actor: query.actor.clone(), object: query.object.clone(), day: query.day.clone() };
    let found = page(&api, &call, wanted, None, cursor).await?;
    let row = |look: &PastLook| {
        let there = match look.environment {
            Some(EnvironmentWord::Test) => Environment::Test,
            Some(EnvironmentWord::Live) => Environment::Live,
            None => call.ctx.org.environment,
        };
        Row::of(look, call.at(&format!("/audit/{}", look.seq)), now, |id| call.page_of_in(there, id))
    };
    let content = ListPage {
        chips: chips(&path, &query, now),
        rows: found.data.iter().map(row).collect(),
        pager: Pager::new(&path, &kept(&query), cursor, found.next_cursor.as_deref()),
        empty: empty(found.has_more),
        file: call.caller.permissions.contains(DOWNLOADS_REQUEST).then(|| call.at(&file(&query))),
        query,
        path,
    };
    call.show("Looks", &content)
}

/// The query as a link keeps it: all of it was read as what it is.
fn kept(query: &Query) -> String {
    let text = |name: &str, value: Option<String>| value.map(|value| format!("{name}={value}"));
    let parts = [
        text("actor", query.actor.as_ref().map(ToString::to_string)),
        text("object", query.object.as_ref().map(ToString::to_string)),
        text("day", query.day.as_ref().map(ToString::to_string)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("&")
}

/// Where these looks are asked for as a file: its filter is this list's query.
fn file(query: &Query) -> String {
    let only = kept(query).replace('=', "%3D").replace('&', "%26");
    format!("/downloads/new?source=looks&only={only}")
}

pub(super) fn chips(path: &str, query: &Query, now: Time) -> Chips {
    let today = now.to_string();
    let today = today.split('T').next().unwrap_or_default();
    let is_today = query.day.as_ref().is_some_and(|day| day.to_string() == today);
    Chips::new("Which looks").chip("All", path, kept(query).is_empty()).chip(
        "Today",
        format!("{path}?day={today}"),
        is_today && query.actor.is_none() && query.object.is_none(),
    )
}

pub(super) fn empty(has_more: bool) -> Empty {
    if has_more {
        let says = "The ledger is looked through a stretch at a time. There may be looks further back.";
        Empty::new(Icon::Search, "None in this stretch", says)
    } else {
        Empty::new(
            Icon::Eye,
            "Nobody looked",
            "Whoever sees somebody in clear is recorded here before they do, with their reason.",
        )
    }
}
