//! `GET /app/{env}/security`

use askama::Template;
use sealpost_access::permissions::{LEDGER_READ, SECURITY_MANAGE, SECURITY_READ};
use sealpost_store::Time;
use sealpost_web::shell::parts::{Shape, State, Tone, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use crate::audit::words::{self, Who};
use crate::security::api::Api;
use crate::security::service::{self, Seen};
use crate::security::switch::{Changes, Standing};

/// The switches.
#[derive(Template)]
#[template(path = "security/pages/show.html")]
pub(super) struct ShowPage {
    cards: Vec<Card>,
    /// Whether whoever looks may change them.
    may: bool,
}

struct Card {
    name: &'static str,
    title: &'static str,
    state: State,
    says: &'static str,
    facts: Vec<(&'static str, String)>,
    changed: Option<Changed>,
    never: Option<&'static str>,
    edit: Option<String>,
}

struct Changed {
    at: When,
    who: Option<Who>,
    reason: Option<String>,
    entry: Option<String>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/security")
        .needs(SECURITY_READ)
        .page()
        .class(Class::Search)
        .summary("The security settings, who changed them and why")
        .to(move |call| show(api.clone(), call))
}

async fn show(api: Api, call: Call) -> Result<Reply, Failure> {
    let all = service::all(&api.house, &call.ctx, &api.switches).await?;
    let may = |permission| call.caller.permissions.contains(permission);
    let may = (may(SECURITY_MANAGE), may(LEDGER_READ));
    call.show("Security", &page(&all, may, call.ctx.now(), |path| call.at(path), |id| call.page_of(id)))
}

/// The page for somebody who may change switches and read the ledger or not; `at` leads somewhere after `/app/{env}`, `page_of` to the
/// page of an object.
pub(super) fn page(
    all: &[Seen],
    (changes, reads): (bool, bool),
    now: Time,
    at: impl Fn(&str) -> String,
    page_of: impl Fn(&str) -> Option<String>,
) -> ShowPage {
    let card = |seen: &Seen| Card {
        name: seen.switch.name,
        title: seen.switch.title,
        state: state(seen.state.standing),
        says: seen.switch.says,
        facts: seen.state.facts.clone(),
        changed: seen.state.changed_at.map(|since| Changed {
            at: When::new(since, now),
            who: seen.last.as_ref().and_then(|entry| entry.act.as_ref()).map(|act| words::who(act, &page_of)),
            reason: seen.reason().filter(|_| reads),
            entry: seen.last.as_ref().filter(|_| reads).map(|entry| at(&format!("/audit/{}", entry.seq))),
        }),
        never: match seen.switch.changes {
            Changes::Never(code) => Some(code.title),
            Changes::By(..) => None,
        },
        edit: seen.switch.page.filter(|_| changes).map(&at),
    };
    ShowPage { cards: all.iter().map(card).collect(), may: changes }
}

const fn state(standing: Standing) -> State {
    match standing {
        Standing::On => State::new("On", Shape::Done, Tone::Ok),
        Standing::Partly => State::new("In part", Shape::Half, Tone::Warn),
        Standing::Off => State::new("Off", Shape::Ended, Tone::Bad),
        Standing::Unavailable => State::new("Not in this version", Shape::Unknown, Tone::Idle),
    }
}
