//! `GET /app/{env}`

use askama::Template;
use schemars::JsonSchema;
use sealpost_access::api_keys;
use sealpost_access::permissions::{
    ENDPOINTS_MANAGE, ENDPOINTS_READ, KEYS_MANAGE, KEYS_READ, LEDGER_READ, MESSAGES_READ, TEMPLATES_WRITE,
};
use sealpost_govern::activity::{self, Span};
use sealpost_store::{Environment, MessageId};
use sealpost_web::shell::Icon;
use sealpost_web::shell::figure::Rosette;
use sealpost_web::shell::parts::{Chips, Empty, When, grouped};
use sealpost_web::{Call, Class, Endpoint, Failure, Permission, Reply, get};
use serde::Deserialize;

use super::cards::{self, EndpointLine, LedgerCard, LooksCard, MessageCard, Range, TimeCard};
use super::todo::{self, Todo};
use super::{Home, Parts};
use crate::deliveries;
use crate::endpoints::{self, badge};
use crate::messages::{self, Row, Which};

/// Keys looked through for those that end.
const KEYS: u32 = 500;
/// Endpoints on the card.
const ENDPOINTS: usize = 5;
/// Deliveries in a spark.
const DELIVERIES: u32 = 16;
/// Messages on the page.
const NEWEST: u32 = 6;
/// Days of looks.
const DAYS: i64 = 14;
/// Quarter hours of a day.
const DAY: i64 = 96;

/// How far back.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// 1, 7 or 14.
    days: Option<u16>,
}

/// The first page.
#[derive(Template)]
#[template(path = "home/home.html")]
pub(super) struct HomePage {
    pub(super) todo: Vec<Todo>,
    pub(super) ranges: Chips,
    pub(super) messages: Option<MessageCard>,
    pub(super) times: Option<TimeCard>,
    pub(super) ledger: Option<LedgerCard>,
    pub(super) looks: Option<LooksCard>,
    pub(super) endpoints: Option<Vec<EndpointLine>>,
    pub(super) endpoints_href: String,
    pub(super) add_endpoint: Option<String>,
    pub(super) newest: Option<Vec<Row>>,
    pub(super) messages_href: String,
    pub(super) first: Empty,
}

pub(super) fn home(home: &Home) -> Endpoint {
    let home = home.clone();
    get("/app/{env}")
        .signed_in("it shows each member what their permissions let them see")
        .page()
        .class(Class::Read)
        .summary("What has to be done, how it is going, and proof")
        .queries::<Query>()
        .to(move |call: Call<(), Query>| {
            let home = home.clone();
            async move { handle(&home.0, &call).await }
        })
}

async fn handle(parts: &Parts, call: &Call<(), Query>) -> Result<Reply, Failure> {
    let range = Range::of(call.query.days);
    let mut todo = Vec::new();
    let endpoints = endpoint_lines(parts, call, &mut todo).await?;
    keys_that_end(parts, call, &mut todo).await?;
    let (messages, times, newest) = messages_cards(parts, call, range, &mut todo).await?;
    let (ledger, looks) = ledger_cards(parts, call, &mut todo).await?;
    let home = call.at("");
    let ranges = Range::ALL.into_iter().fold(Chips::new("How far back"), |chips, one| {
        chips.chip(one.says(), format!("{home}?days={}", one.days()), one == range)
    });
    let page = HomePage {
        todo: todo::in_order(todo),
        ranges,
        messages,
        times,
        ledger,
        looks,
        endpoints,
        endpoints_href: call.at("/endpoints"),
        add_endpoint: may(call, ENDPOINTS_MANAGE).then(|| call.at("/endpoints/new")),
        newest,
        messages_href: call.at("/messages"),
        first: first(call),
    };
    call.show("Home", &page)
}

fn may<B, Q>(call: &Call<B, Q>, permission: Permission) -> bool {
    call.caller.permissions.contains(permission)
}

async fn endpoint_lines(
    parts: &Parts,
    call: &Call<(), Query>,
    todo: &mut Vec<Todo>,
) -> Result<Option<Vec<EndpointLine>>, Failure> {
    if !may(call, ENDPOINTS_READ) {
        return Ok(None);
    }
    let now = call.ctx.now();
    let href = |endpoint: &endpoints::Endpoint| call.at(&format!("/endpoints/{}", endpoint.id));
    let all = parts.endpoints.all(&call.ctx).await?;
    todo.extend(all.iter().filter_map(|endpoint| todo::of_endpoint(endpoint, now, href(endpoint))));
    let mut lines = Vec::new();
    for endpoint in all.iter().take(ENDPOINTS) {
        let id = endpoint.id;
        let last = parts.store.read(&call.ctx, move |tx| deliveries::newest_of(tx, id, DELIVERIES)).await?;
        let (spark, says) = deliveries::spark(&last);
        lines.push(EndpointLine {
            name: endpoint.name.clone(),
            href: href(endpoint),
            state: badge(&endpoint.state),
            spark,
            says,
        });
    }
    Ok(Some(lines))
}

async fn keys_that_end(parts: &Parts, call: &Call<(), Query>, todo: &mut Vec<Todo>) -> Result<(), Failure> {
    if may(call, KEYS_READ) {
        let now = call.ctx.now();
        let keys = parts.store.read(&call.ctx, |tx| api_keys::list(tx, None, KEYS)).await?;
        let href = |key: &api_keys::ApiKey| call.at(&format!("/keys/{}", key.id));
        todo.extend(keys.iter().filter_map(|key| todo::of_key(key, now, href(key))));
    }
    Ok(())
}

async fn messages_cards(
    parts: &Parts,
    call: &Call<(), Query>,
    range: Range,
    todo: &mut Vec<Todo>,
) -> Result<(Option<MessageCard>, Option<TimeCard>, Option<Vec<Row>>), Failure> {
    if !may(call, MESSAGES_READ) {
        return Ok((None, None, None));
    }
    let (ctx, now) = (&call.ctx, call.ctx.now());
    let figures = parts.messages.figures(ctx, range.span(now)).await?;
    let day = match range {
        Range::Day => figures.all(),
        Range::Week | Range::Fortnight => parts.messages.figures(ctx, Range::Day.span(now)).await?.all(),
    };
    todo.extend(todo::of_lost(day, call.at("/messages?standing=not_delivered")));
    let newest = parts.messages.page(ctx, Which::All, MessageId::from_bytes([0xff; 16]), NEWEST).await?;
    let rows = messages::rows(&parts.messages, call, &newest).await?;
    Ok((Some(cards::messages(&figures, range)), Some(cards::times(&figures, range)), Some(rows)))
}

async fn ledger_cards(
    parts: &Parts,
    call: &Call<(), Query>,
    todo: &mut Vec<Todo>,
) -> Result<(Option<LedgerCard>, Option<LooksCard>), Failure> {
    if !may(call, LEDGER_READ) {
        return Ok((None, None));
    }
    let (ctx, now) = (&call.ctx, call.ctx.now());
    let signed = parts.store.ledger_checkpoint(ctx).await?;
    let ledger = parts.store.ledger_head(ctx).await?.map(|(head, covered)| {
        let size = head.frontier.size();
        let signed_at = signed.as_ref().map(|checkpoint| checkpoint.at);
        let unsigned = size.saturating_sub(covered);
        todo.extend(todo::of_ledger(unsigned, signed_at, now, call.at("/audit")));
        LedgerCard {
            seal: Rosette::new(*head.frontier.root().as_bytes(), "the root of the ledger"),
            size: grouped(size),
            unsigned,
            signed: signed_at.map(|at| When::new(at, now)),
            href: call.at("/audit"),
        }
    });
    let span = Span::until(now, DAYS, DAY);
    let counts = activity::tally(&parts.store, ctx, span, "").await?;
    Ok((ledger, Some(cards::looks(&counts, span, call.at("/audit")))))
}

fn first<B, Q>(call: &Call<B, Q>) -> Empty {
    let says = match call.ctx.org.environment {
        Environment::Test => {
            "Make a template and an event, then fire the event: here it lands in the outbox and reaches nobody."
        }
        Environment::Live => {
            "Make a template and an event, then fire the event. What works in test works here, and reaches people."
        }
    };
    let deed = |permission, path| may(call, permission).then(|| call.at(path));
    Empty::new(Icon::Send, "Send the first message", says)
        .line("sealpost send --event otp.login --to +15550100124 --data code=417233")
        .deed("Make a template", deed(TEMPLATES_WRITE, "/templates/new"))
        .deed("Create an API key", deed(KEYS_MANAGE, "/keys/new"))
}
