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
use crate::deliveries::model::{State, Wanted};
use crate::deliveries::service;

/// Which of them.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DeliveriesPageQuery")]
pub(super) struct Query {
    pub(super) state: Option<State>,
    pub(super) endpoint: Option<EndpointId>,
    pub(super) event: Option<String>,
    pub(super) status: Option<u16>,
    /// From this day on.
    pub(super) from: Option<String>,
    /// Up to and with this day.
    pub(super) to: Option<String>,
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
            since: self.from.as_deref().and_then(begin_of),
            until: self.to.as_deref().and_then(begin_of).map(|day| day.plus_ms(DAY_MS)),
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
        add("event", self.event.clone());
        add("status", self.status.map(|status| status.to_string()));
        add("from", self.from.clone());
        add("to", self.to.clone());
        pairs.finish()
    }
}

const DAY_MS: i64 = 86_400_000;

/// The beginning of a day, in UTC; nothing if it is none.
fn begin_of(day: &str) -> Option<Time> {
    if day.len() != 10 {
        return None;
    }
    serde_json::from_value(serde_json::Value::from(format!("{day}T00:00:00Z"))).ok()
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
        assert_eq!(begin_of("1970-01-02"), Some(Time::from_unix_ms(DAY_MS)));
        for not in ["", "1970-13-01", "today", "1970-01-02T00:00:00Z"] {
            assert_eq!(begin_of(not), None, "{not}");
        }
        let query = Query { to: Some("1970-01-01".into()), ..Query::default() };
        assert_eq!(query.wanted().until, Some(Time::from_unix_ms(DAY_MS)));
    }

    #[test]
    fn what_was_asked_for_stands_in_the_link_to_the_next_page() {
        let query = Query { state: Some(State::Dead), event: Some("a&b=*".into()), ..Query::default() };
        assert_eq!(query.text(), "state=dead&event=a%26b%3D*");
    }
}
