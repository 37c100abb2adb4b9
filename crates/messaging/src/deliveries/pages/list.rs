//! `GET /app/{env}/deliveries`: deliveries to all endpoints, dead letters first of all.

use askama::Template;
use schemars::JsonSchema;
use sealpost_access::permissions::{ENDPOINTS_MANAGE, ENDPOINTS_READ};
use sealpost_store::{DeliveryId, EndpointId, Store, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Chips, Empty, Pager};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Reply, get};
use serde::Deserialize;

use super::words::{Row, row};
use crate::cursor;
use crate::deliveries::model::{EventPattern, State, Wanted};
use crate::deliveries::service;

/// Which of them.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DeliveriesPageQuery")]
pub(super) struct Query {
    pub(super) state: Option<State>,
    pub(super) endpoint: Option<EndpointId>,
    pub(super) event: Option<EventPattern>,
    pub(super) status: Option<u16>,
    /// From this day on.
    pub(super) from: Option<Day>,
    /// Up to and with this day.
    pub(super) to: Option<Day>,
    pub(super) cursor: Option<String>,
}

/// The list.
#[derive(Template)]
#[template(path = "deliveries/pages/list.html")]
pub(super) struct ListPage {
    pub(super) path: String,
    pub(super) back: String,
    pub(super) query: Query,
    pub(super) resend: Option<String>,
    pub(super) chips: Chips,
    pub(super) rows: Vec<Row>,
    pub(super) empty: Empty,
    pub(super) pager: Pager,
}

impl Query {
    /// Whether more than a state is asked for.
    fn is_narrow(&self) -> bool {
        self.endpoint.is_some()
            || self.event.is_some()
            || self.status.is_some()
            || self.from.is_some()
            || self.to.is_some()
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            endpoint: self.endpoint,
            state: self.state,
            event: self.event.clone(),
            since: self.from.as_ref().map(|day| day.begins),
            until: self.to.as_ref().map(|day| day.begins.plus_ms(DAY_MS)),
            status: self.status,
        }
    }

    /// The same, as it stands in a link.
    fn text(&self) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                pairs.append_pair(name, &value);
            }
        };
        add("state", self.state.map(|state| state.word().to_owned()));
        add("endpoint", self.endpoint.map(|id| id.to_string()));
        add("event", self.event.as_ref().map(|event| event.as_str().to_owned()));
        add("status", self.status.map(|status| status.to_string()));
        add("from", self.from.as_ref().map(|day| day.text.clone()));
        add("to", self.to.as_ref().map(|day| day.text.clone()));
        pairs.finish()
    }
}

const DAY_MS: i64 = 86_400_000;

/// A day in UTC, `2026-01-15`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) text: String,
    begins: Time,
}

impl Day {
    /// The day, if it is one.
    fn parse(text: &str) -> Option<Self> {
        if text.len() != 10 {
            return None;
        }
        let begins = serde_json::from_value(serde_json::Value::from(format!("{text}T00:00:00Z"))).ok()?;
        Some(Self { text: text.to_owned(), begins })
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("day_invalid"))
    }
}

impl JsonSchema for Day {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date" })
    }
}

impl ListPage {
    fn is_narrowed(&self) -> bool {
        self.query.is_narrow()
    }
}

pub(super) fn list(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/deliveries")
        .needs(ENDPOINTS_READ)
        .page()
        .class(Class::Read)
        .summary("Deliveries to all endpoints, and dead letters")
        .queries::<Query>()
        .to(move |call: Call<(), Query>| handle(store.clone(), call))
}

async fn handle(store: Store, call: Call<(), Query>) -> Result<Reply, Failure> {
    let wanted = call.query.wanted();
    let listing = call.listing(store.keys(), &wanted, None)?;
    let given = call.query.cursor.as_deref();
    let newest = DeliveryId::from_bytes([0xff; 16]);
    let before = cursor::behind(&listing, given, DeliveryId::from_bytes)?.unwrap_or(newest);
    let fetch = listing.fetch();
    let found = store.read(&call.ctx, move |tx| service::search(tx, &wanted, before, fetch)).await?;
    let page = listing.page(found, |one| one.id.bytes().to_vec(), |one| row(&call, &one));
    let path = call.at("/deliveries");
    let may_resend = call.caller.permissions.contains(ENDPOINTS_MANAGE);
    let content = ListPage {
        back: call.at("/endpoints"),
        resend: may_resend.then(|| call.at("/deliveries/resend")),
        chips: chips(&path, call.query.state),
        rows: page.data,
        empty: empty(),
        pager: Pager::new(&path, &call.query.text(), given, page.next_cursor.as_deref()),
        query: call.query.clone(),
        path,
    };
    call.show("Deliveries", &content)
}

pub(super) fn chips(path: &str, state: Option<State>) -> Chips {
    let all = [("Dead letters", State::Dead), ("Waiting", State::Queued), ("Delivered", State::Delivered)];
    all.into_iter()
        .fold(Chips::new("Which deliveries").chip("All deliveries", path, state.is_none()), |chips, (says, one)| {
            chips.chip(says, format!("{path}?state={}", one.word()), state == Some(one))
        })
}

pub(super) fn empty() -> Empty {
    Empty::new(Icon::Send, "No such delivery", "What endpoints are told stands here, with every attempt.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_from_its_beginning_to_its_end() {
        assert_eq!(Day::parse("1970-01-02").map(|day| day.begins), Some(Time::from_unix_ms(DAY_MS)));
        for not in ["", "1970-13-01", "today", "1970-01-02T00:00:00Z"] {
            assert_eq!(Day::parse(not), None, "{not}");
        }
        let query = Query { to: Day::parse("1970-01-01"), ..Query::default() };
        assert_eq!(query.wanted().until, Some(Time::from_unix_ms(DAY_MS)));
    }

    #[test]
    fn what_was_asked_for_stands_in_the_link_to_the_next_page() {
        let query = Query { state: Some(State::Dead), event: EventPattern::parse("message.*"), ..Query::default() };
        assert_eq!(query.text(), "state=dead&event=message.*");
    }
}
