//! `GET /app/{env}/keys/{id}`

use askama::Template;
use sealpost_seal::token::KeyKind;
use sealpost_store::{ApiKeyId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::figure::{Bars, Column, Series};
use sealpost_web::shell::parts::{Ident, State, When, grouped};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::words::{self, Life};
use crate::api_keys::api::Api;
use crate::api_keys::day::Day;
use crate::api_keys::model::{KeyState, KeyUsage};
use crate::api_keys::{rules, service};
use crate::permissions::{ALL, KEYS_MANAGE, KEYS_READ};

/// Days of use that are drawn.
const DRAWN_DAYS: i64 = 90;

/// One key.
#[derive(Template)]
#[template(path = "api_keys/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    pub(super) name: String,
    pub(super) stub: String,
    pub(super) state: State,
    pub(super) id: Ident,
    pub(super) uses: String,
    pub(super) used: Option<(When, String)>,
    pub(super) figure: Bars,
    pub(super) life: Life,
    pub(super) scopes: Vec<(&'static str, &'static str)>,
    pub(super) kind: &'static str,
    pub(super) sees: &'static str,
    pub(super) networks: Vec<String>,
    pub(super) created: When,
    pub(super) ends: When,
    pub(super) successor: Option<(ApiKeyId, String)>,
    pub(super) rotate: Option<String>,
    pub(super) revoke: Option<String>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/keys/{id}")
        .needs(KEYS_READ)
        .page()
        .class(Class::Read)
        .summary("An API key with its use, never its text")
        .to(move |call| show(api.clone(), call))
}

async fn show(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: ApiKeyId = call.id("id")?;
    let usage = api.house.read(&call.ctx, move |tx| service::usage(tx, id)).await?;
    let may = call.caller.permissions.contains(KEYS_MANAGE);
    let page = page(&usage, call.ctx.now(), may, |path| call.at(path));
    call.show(usage.key.name.as_str(), &page)
}

/// The page of a key as it stands now, for somebody who may change it or not; `at` leads somewhere after `/app/{env}`.
pub(super) fn page(usage: &KeyUsage, now: Time, may: bool, at: impl Fn(&str) -> String) -> ShowPage {
    let key = &usage.key;
    let state = rules::state(key, now);
    let is_over = matches!(state, KeyState::Revoked { .. });
    let own = |act: &str| at(&format!("/keys/{}/{act}", key.id));
    ShowPage {
        list: at("/keys"),
        name: key.name.as_str().to_owned(),
        stub: words::stub(key),
        state: words::badge(key, now),
        id: Ident::new(key.id),
        uses: grouped(key.uses),
        used: key.last_use.map(|last| (When::new(last.at, now), last.network())),
        figure: figure(usage, now),
        life: words::life(key, now),
        scopes: key.scopes.iter(ALL).map(|scope| (scope.name(), scope.title())).collect(),
        kind: match key.kind {
            KeyKind::Secret => "Secret: for servers only",
            KeyKind::Publishable => "Publishable: may stand in a web page",
        },
        sees: words::mask(key.mask),
        networks: key.cidrs.as_slice().iter().map(ToString::to_string).collect(),
        created: When::new(key.created_at, now),
        ends: When::new(key.expires_at, now),
        successor: key.successor.map(|successor| (successor, at(&format!("/keys/{successor}")))),
        rotate: (may && state == KeyState::Active).then(|| own("rotate")),
        revoke: (may && !is_over).then(|| own("revoke")),
    }
}

fn figure(usage: &KeyUsage, now: Time) -> Bars {
    const SERIES: &[Series] = &[Series { name: "uses", fill: "f-accent" }];
    let today = Day::of(now);
    let columns = (0..DRAWN_DAYS).rev().map(|back| {
        let day = today.minus(back);
        let uses = usage.days.iter().find(|(known, _)| *known == day).map_or(0, |(_, uses)| *uses);
        let tick = match back {
            0 => Some("today".to_owned()),
            back if back == DRAWN_DAYS - 1 => Some(format!("{DRAWN_DAYS} days ago")),
            _ => None,
        };
        Column { when: day.to_string(), tick, values: vec![uses] }
    });
    let days = usage.days.iter().filter(|(day, _)| *day > today.minus(DRAWN_DAYS));
    let sum = days.map(|(_, uses)| uses).sum();
    Bars::new(format!("{} uses in the last {DRAWN_DAYS} days", grouped(sum)), SERIES, columns.collect())
}
