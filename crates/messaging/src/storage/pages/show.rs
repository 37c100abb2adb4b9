//! `GET /app/{env}/storage`

use std::collections::BTreeSet;

use askama::Template;
use sealpost_access::permissions::{STORAGE_MANAGE, STORAGE_READ};
use sealpost_store::{Environment, LegalHoldId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::figure::{Bars, Column, Meter, Part, Series};
use sealpost_web::shell::parts::{Shape, State, Tone, When, grouped};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use crate::events::Class as Of;
use crate::storage::Storage;
use crate::storage::model::{Mode, Standing};
use crate::storage::preview::Horizon;
use crate::storage::store::{Hold, Purge};

/// Holds shown.
const HOLDS: u32 = 50;
/// Months that are drawn.
const MONTHS: usize = 12;

/// What a bar of what goes is made of.
const CLASSES: &[Series] = &[
    Series { name: "otp", fill: "f-accent" },
    Series { name: "transactional", fill: "f-wash" },
    Series { name: "marketing", fill: "f-idle" },
];

/// What is stored for how long.
#[derive(Template)]
#[template(path = "storage/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) environment: &'static str,
    pub(super) changed: Option<When>,
    pub(super) edit: Option<String>,
    pub(super) purge: Option<String>,
    pub(super) hold: Option<String>,
    pub(super) classes: Vec<ClassLine>,
    pub(super) horizon: Bars,
    pub(super) holds: Vec<HoldLine>,
    pub(super) purges: Vec<PurgeLine>,
}

/// One class.
pub(super) struct ClassLine {
    pub(super) class: &'static str,
    pub(super) says: String,
    pub(super) stored: String,
    pub(super) share: Meter,
}

/// One hold.
pub(super) struct HoldLine {
    pub(super) what: String,
    pub(super) href: Option<String>,
    pub(super) why: Option<String>,
    pub(super) state: State,
    pub(super) since: When,
    pub(super) lift: Option<String>,
}

/// One purge.
pub(super) struct PurgeLine {
    pub(super) class: &'static str,
    pub(super) state: State,
    pub(super) messages: String,
    pub(super) since: When,
}

pub(super) fn route(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    get("/app/{env}/storage")
        .needs(STORAGE_READ)
        .page()
        .class(Class::Read)
        .summary("How long what is stored")
        .to(move |call: Call| handle(storage.clone(), call))
}

async fn handle(storage: Storage, call: Call) -> Result<Reply, Failure> {
    let ctx = &call.ctx;
    let manages = call.caller.permissions.contains(STORAGE_MANAGE);
    let standing = storage.standing(ctx).await?;
    let horizon = storage.horizon(ctx, standing.policy.of(ctx.org.environment)).await?;
    let mut holds = Vec::new();
    for hold in storage.holds(ctx, LegalHoldId::from_bytes([0xff; 16]), HOLDS).await? {
        let why = if manages { Some(storage.reason_of(ctx, &hold).await?) } else { None };
        let href = hold.contact.and_then(|contact| call.page_of(&contact.to_string()));
        let lift = (manages && hold.lifted_at.is_none()).then(|| call.at(&format!("/storage/holds/{}/lift", hold.id)));
        holds.push(hold_line(&hold, why, href, lift, ctx.now()));
    }
    let purges = storage.purges(ctx).await?.iter().map(|purge| purge_line(purge, ctx.now())).collect();
    let seen = Seen { standing, horizon, environment: ctx.org.environment, holds, purges };
    let page = page(seen, ctx.now(), |path| manages.then(|| call.at(path)));
    call.show("Storage", &page)
}

/// What a page is made of.
pub(super) struct Seen {
    pub(super) standing: Standing,
    pub(super) horizon: Vec<Horizon>,
    pub(super) environment: Environment,
    pub(super) holds: Vec<HoldLine>,
    pub(super) purges: Vec<PurgeLine>,
}

/// The page; `at` leads whoever may there somewhere.
pub(super) fn page(seen: Seen, now: Time, at: impl Fn(&str) -> Option<String>) -> ShowPage {
    let rules = seen.standing.policy.of(seen.environment);
    let is_switched_off = Of::ALL.into_iter().any(|class| rules.rule(class).mode != Mode::Keep);
    let most = seen.horizon.iter().map(|one| one.stored).max().unwrap_or_default().max(1);
    let classes = seen.horizon.iter().map(|one| ClassLine {
        class: one.class.as_str(),
        says: rules.rule(one.class).in_words(),
        stored: grouped(one.stored),
        // Counts of messages are far below what a floating-point number holds exactly.
        share: Meter::new(vec![Part { share: one.stored as f64 / most as f64, fill: "f-accent" }]),
    });
    ShowPage {
        environment: seen.environment.as_str(),
        changed: seen.standing.since.map(|since| When::new(since, now)),
        edit: at("/storage/edit"),
        purge: at("/storage/purge").filter(|_| is_switched_off),
        hold: at("/storage/hold"),
        classes: classes.collect(),
        horizon: chart(&seen.horizon),
        holds: seen.holds,
        purges: seen.purges,
    }
}

/// What goes when, as bars.
pub(super) fn chart(horizon: &[Horizon]) -> Bars {
    let months: BTreeSet<&str> = horizon.iter().flat_map(|one| one.months.keys().map(String::as_str)).collect();
    let of = |month: &str| horizon.iter().map(|one| one.months.get(month).copied().unwrap_or_default()).collect();
    let column = |when: &str, values| Column { when: when.to_owned(), tick: Some(when.to_owned()), values };
    let mut columns = vec![column("now", horizon.iter().map(|one| one.now).collect())];
    columns.extend(months.iter().take(MONTHS).map(|month| column(month, of(month))));
    let later: Vec<Vec<u64>> = months.iter().skip(MONTHS).map(|month| of(month)).collect();
    if !later.is_empty() {
        let sums = (0..horizon.len()).map(|at| later.iter().filter_map(|values| values.get(at)).sum()).collect();
        columns.push(column("later", sums));
    }
    let all: u64 = horizon.iter().map(|one| one.stored).sum();
    let now: u64 = horizon.iter().map(|one| one.now).sum();
    Bars::new(format!("{} payloads stored, {} of them due now", grouped(all), grouped(now)), CLASSES, columns)
}

pub(super) fn hold_line(
    hold: &Hold,
    why: Option<String>,
    href: Option<String>,
    lift: Option<String>,
    now: Time,
) -> HoldLine {
    HoldLine {
        what: match hold.contact {
            Some(contact) => contact.to_string(),
            None => format!("{} messages", grouped(hold.items)),
        },
        href,
        why,
        state: match hold.lifted_at {
            Some(_) => State::new("Lifted", Shape::Ended, Tone::Idle),
            None => State::new("Holds", Shape::Half, Tone::Warn),
        },
        since: When::new(hold.created_at, now),
        lift,
    }
}

pub(super) fn purge_line(purge: &Purge, now: Time) -> PurgeLine {
    PurgeLine {
        class: purge.class.as_str(),
        state: match purge.done_at {
            Some(_) => State::new("Done", Shape::Done, Tone::Ok),
            None => State::new("Under way", Shape::Half, Tone::Idle),
        },
        messages: grouped(purge.shredded),
        since: When::new(purge.created_at, now),
    }
}
