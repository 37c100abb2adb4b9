//! `GET /app/{env}/support/{id}`

use askama::Template;
use sealpost_access::permissions::{ALL, SUPPORT_MANAGE, SUPPORT_READ};
use sealpost_store::{SupportGrantId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Shape, State, Tone, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::{sign, whom};
use crate::audit::words;
use crate::support::api::Api;
use crate::support::model::{Content, Grant, To};
use crate::support::service;
use crate::support::summary::{self, Counted, Summary};

/// One grant.
#[derive(Template)]
#[template(path = "support/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) back: String,
    pub(super) id: SupportGrantId,
    pub(super) whom: String,
    pub(super) state: State,
    pub(super) acts: Vec<(&'static str, String, &'static str)>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) began: When,
    pub(super) until: When,
    pub(super) entered: Option<When>,
    pub(super) may: String,
    pub(super) objects: Vec<(String, Option<String>)>,
    pub(super) sees: &'static str,
    pub(super) acted: Vec<Acted>,
    pub(super) others: u64,
    pub(super) empty: Empty,
}

/// Something that was done, and how often.
pub(super) struct Acted {
    what: String,
    of: String,
    object: Option<(String, Option<String>)>,
    state: State,
    first: When,
    count: u64,
}

impl Acted {
    fn of(counted: &Counted, now: Time, page_of: &impl Fn(&str) -> Option<String>) -> Self {
        let object = counted.object.as_ref().map(|id| (id.to_string(), page_of(&id.to_string())));
        Self {
            what: words::act(&counted.action).1,
            of: counted.reason.as_deref().unwrap_or_default().replace('_', " "),
            object,
            state: match counted.refused {
                false => State::new("Done", Shape::Done, Tone::Ok),
                true => State::new("Refused", Shape::Ended, Tone::Warn),
            },
            first: When::new(counted.first_at, now),
            count: counted.count,
        }
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/support/{id}")
        .needs(SUPPORT_READ)
        .page()
        .class(Class::Read)
        .summary("Who was let in, how far, and what came of it")
        .to(move |call: Call| {
            let api = api.clone();
            async move { show(&api, &call).await }
        })
}

async fn show(api: &Api, call: &Call) -> Result<Reply, Failure> {
    let (id, org): (SupportGrantId, _) = (call.id("id")?, call.ctx.org.id);
    let keys = api.house.keys().organisation(org).await?;
    let found = api.house.read::<_, Failure>(&call.ctx, move |tx| service::show(tx, &keys, org, id));
    let (grant, content) = found.await?;
    let summary = match &grant.summary {
        Some(summary) => summary.clone(),
        None => summary::of(&api.house, call.ctx.org, id, grant.created_at).await?,
    };
    let manages = call.caller.permissions.contains(SUPPORT_MANAGE);
    let page_of = |of: &str| call.page_of_in(grant.environment, of);
    let content = page(&grant, &content, &summary, manages, call.ctx.now(), |path| call.at(path), page_of);
    call.show("Support access", &content)
}

/// The page; `at` leads somewhere after `/app/{env}`, `page_of` to the page of an object.
pub(super) fn page(
    grant: &Grant,
    content: &Content,
    summary: &Summary,
    manages: bool,
    now: Time,
    at: impl Fn(&str) -> String,
    page_of: impl Fn(&str) -> Option<String>,
) -> ShowPage {
    let act = |verb: &str| at(&format!("/support/{}/{verb}", grant.id));
    let mut acts = Vec::new();
    if manages && grant.is_active(now) {
        if grant.to != To::Host {
            acts.push(("Another link…", act("link"), "quiet"));
        }
        acts.push(("End now…", act("end"), "danger"));
    }
    let text = |what: &'static str, says: &Option<String>| says.clone().map(|says| (what, says));
    let facts = [
        text("Why", &content.reason),
        text("Ticket", &content.ticket),
        text("Command", &content.command),
        grant.granted_by.map(|member| ("Last vote", member.to_string())),
        Some(("Where", grant.environment.to_string())),
    ];
    let may: Vec<_> = grant.permissions.iter(ALL).map(|permission| permission.title()).collect();
    ShowPage {
        back: at("/support"),
        id: grant.id,
        whom: whom(grant, content),
        state: sign(grant, now),
        acts,
        facts: facts.into_iter().flatten().collect(),
        began: When::new(grant.created_at, now),
        until: When::new(grant.ended(now).map_or(grant.until, |(at, _)| at), now),
        entered: grant.link.and_then(|(_, used)| used).map(|used| When::new(used, now)),
        may: if may.is_empty() { "Nothing here".to_owned() } else { may.join(", ") },
        objects: grant.objects.iter().map(|id| (id.to_string(), page_of(&id.to_string()))).collect(),
        sees: if grant.last4 { "the last four digits of phone numbers" } else { "nothing that is personal" },
        acted: summary.acts.iter().map(|counted| Acted::of(counted, now, &page_of)).collect(),
        others: summary.others,
        empty: Empty::new(Icon::Eye, "Nothing yet", "Each look is on record before anything of it leaves."),
    }
}
