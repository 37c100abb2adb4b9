//! `GET /app/{env}/approvals`

use askama::Template;
use schemars::JsonSchema;
use sealpost_access::permissions::{APPROVALS_MANAGE, APPROVALS_READ};
use sealpost_store::{ActorKind, ApprovalId, MemberId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Chips, Empty, Pager, State as Sign, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::{Deserialize, Serialize};

use super::sign;
use crate::approvals::api::{Api, behind};
use crate::approvals::model::{Approval, Module};
use crate::approvals::service::{self, Narrowed};
use crate::approvals::store::{self, Which};
use crate::audit::words::{encoded, short};

/// Which requests.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalsPageQuery")]
struct Query {
    /// Which of them.
    #[serde(default)]
    tab: Tab,
    /// Of which module.
    module: Option<Module>,
    /// In which these words stand.
    q: Option<String>,
    /// Where to begin.
    cursor: Option<String>,
}

/// A part of the requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ApprovalsPageTab")]
pub(super) enum Tab {
    /// Those that wait for me.
    #[default]
    Waiting,
    /// What I asked for.
    Mine,
    /// What has come to its end.
    History,
}

impl Tab {
    const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Mine => "mine",
            Self::History => "history",
        }
    }

    const fn query(self) -> &'static str {
        match self {
            Self::Waiting => "tab=waiting",
            Self::Mine => "tab=mine",
            Self::History => "tab=history",
        }
    }
}

/// The list.
#[derive(Template)]
#[template(path = "approvals/pages/list.html")]
pub(super) struct ListPage {
    pub(super) tabs: Chips,
    pub(super) search: Search,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
    pub(super) rules: Option<String>,
    /// Emergencies that nobody has looked at.
    pub(super) unfollowed: Vec<String>,
}

/// What the list is narrowed to.
pub(super) struct Search {
    pub(super) path: String,
    pub(super) tab: Tab,
    pub(super) module: Option<Module>,
    pub(super) words: String,
}

impl Search {
    /// Whether it is narrowed at all.
    fn narrows(&self) -> bool {
        self.module.is_some() || !self.words.is_empty()
    }

    fn is_of(&self, module: &Module) -> bool {
        self.module == Some(*module)
    }

    /// What links to another page of it keep.
    fn kept(&self) -> String {
        let module = self.module.map(|module| format!("&module={}", module.word())).unwrap_or_default();
        let words = Some(&self.words).filter(|words| !words.is_empty());
        let words = words.map(|words| format!("&q={}", encoded(words))).unwrap_or_default();
        format!("{}{module}{words}", self.tab.query())
    }
}

/// One request in the list.
pub(super) struct Row {
    id: ApprovalId,
    href: String,
    title: &'static str,
    state: Sign,
    emergency: bool,
    asker: String,
    asker_short: String,
    asker_page: Option<String>,
    asked: When,
    until: Option<When>,
}

impl Row {
    /// A request as it stands now; `at` leads somewhere after `/app/{env}`, `page_of` to the page of an object.
    pub(super) fn of(
        approval: &Approval,
        now: Time,
        at: impl Fn(&str) -> String,
        page_of: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let (state, asker) = (approval.state(now), approval.asker().to_string());
        Self {
            id: approval.id,
            href: at(&format!("/approvals/{}", approval.id)),
            title: approval.module.title(),
            state: sign(state),
            emergency: approval.emergency,
            asker_short: short(&asker),
            asker_page: page_of(&asker),
            asker,
            asked: When::new(approval.asked_at, now),
            until: state.is_open().then(|| When::new(approval.expires_at(), now)),
        }
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/approvals")
        .needs(APPROVALS_READ)
        .page()
        .class(Class::Search)
        .summary("What waits for an approval, and what was decided")
        .queries::<Query>()
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), Query>) -> Result<Reply, Failure> {
    let tab = call.query.tab;
    let narrowed = Narrowed::by(call.query.module, call.query.q.as_deref())?;
    let listing = call.listing(api.house.keys(), &(tab, &narrowed), None)?;
    let cursor = call.query.cursor.as_deref();
    let (before, fetch, now) = (behind(&listing, cursor)?, listing.fetch(), call.ctx.now());
    let keys = api.house.keys().organisation(call.ctx.org.id).await?;
    let actor = call.ctx.actor;
    let own = MemberId::from_bytes(if actor.kind == ActorKind::Member { actor.id } else { [0; 16] });
    let which = match tab {
        Tab::Waiting => Which::WaitingFor(own),
        Tab::Mine => Which::Of(own),
        Tab::History => Which::History,
    };
    let (found, unfollowed) = api
        .house
        .read::<_, Failure>(&call.ctx, move |tx| {
            let found = service::list(tx, &keys, which, &narrowed, (before, fetch))?;
            Ok((found, store::unfollowed(tx, now)?))
        })
        .await?;
    let row = |one: Approval| Row::of(&one, now, |path| call.at(path), |id| call.page_of(id));
    let page = listing.page(found, |one| one.id.bytes().to_vec(), row);
    let path = call.at("/approvals");
    let words = call.query.q.clone().unwrap_or_default();
    let search = Search { path: path.clone(), tab, module: call.query.module, words };
    let content = ListPage {
        tabs: tabs(&path, tab),
        pager: Pager::new(&path, &search.kept(), cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: if search.narrows() { none_such() } else { empty(tab) },
        search,
        rules: call.caller.permissions.contains(APPROVALS_MANAGE).then(|| call.at("/approvals/rules")),
        unfollowed: unfollowed.iter().map(|id| call.at(&format!("/approvals/{id}"))).collect(),
    };
    call.show("Approvals", &content)
}

pub(super) fn tabs(path: &str, current: Tab) -> Chips {
    let all = [(Tab::Waiting, "Waiting for me"), (Tab::Mine, "Mine"), (Tab::History, "History")];
    all.into_iter().fold(Chips::new("Which"), |chips, (tab, says)| {
        chips.chip(says, format!("{path}?{}", tab.query()), tab == current)
    })
}

/// What stands where nothing is as it was looked for.
pub(super) fn none_such() -> Empty {
    Empty::new(Icon::Search, "Nothing like that", "The newest thousand of these were looked through.")
}

/// What stands where there is nothing.
pub(super) fn empty(tab: Tab) -> Empty {
    let (title, says) = match tab {
        Tab::Waiting => (
            "Nothing waits for you",
            "What others ask for stands here until enough have agreed, for three days at most.",
        ),
        Tab::Mine => {
            ("You asked for nothing", "What takes an approval waits here, when you do it, until others have agreed.")
        }
        Tab::History => ("Nothing was decided", "What was approved, rejected or taken back, and what is over."),
    };
    Empty::new(Icon::Check, title, says)
}
