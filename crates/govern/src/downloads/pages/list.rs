//! `GET /app/{env}/downloads`

use askama::Template;
use schemars::JsonSchema;
use sealpost_access::permissions::{DOWNLOADS_READ, DOWNLOADS_REQUEST, SECURITY_MANAGE};
use sealpost_store::{DownloadId, StoreError, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Chips, Empty, Pager, State as Sign, When, grouped};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::{Deserialize, Serialize};

use super::sign;
use crate::audit::words::short;
use crate::downloads::api::{asker, behind};
use crate::downloads::model::{Download, State};
use crate::downloads::service::Downloads;
use crate::downloads::store::{self, Which};

/// Which files.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DownloadsPageQuery")]
struct Query {
    /// Which of them.
    #[serde(default)]
    tab: Tab,
    /// Where to begin.
    cursor: Option<String>,
}

/// A part of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DownloadsPageTab")]
pub(super) enum Tab {
    /// What I asked for.
    #[default]
    Mine,
    /// What waits for others to agree.
    Waiting,
    /// All there was.
    History,
}

impl Tab {
    const fn query(self) -> &'static str {
        match self {
            Self::Mine => "tab=mine",
            Self::Waiting => "tab=waiting",
            Self::History => "tab=history",
        }
    }
}

/// The list.
#[derive(Template)]
#[template(path = "downloads/pages/list.html")]
pub(super) struct ListPage {
    pub(super) tabs: Chips,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
    pub(super) rules: Option<String>,
    /// What one may ask for, and where.
    pub(super) sources: Vec<(&'static str, String)>,
}

/// One file in the list.
pub(super) struct Row {
    id: DownloadId,
    href: String,
    title: String,
    format: &'static str,
    personal: bool,
    state: Sign,
    rows: String,
    asker: String,
    asker_short: String,
    asker_page: Option<String>,
    asked: When,
}

impl Row {
    /// A file as it stands now; `at` leads somewhere after `/app/{env}`, `page_of` to the page of an object.
    pub(super) fn of(
        of: &Download,
        title: &str,
        now: Time,
        at: impl Fn(&str) -> String,
        page_of: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let asker = asker(of.actor).map(|id| id.to_string()).unwrap_or_default();
        let is_whole = of.written.sha256.is_some();
        Self {
            id: of.id,
            href: at(&format!("/downloads/{}", of.id)),
            title: title.to_owned(),
            format: of.format.word(),
            personal: of.personal,
            state: sign(of.state),
            rows: if is_whole { grouped(of.written.rows) } else { format!("up to {}", grouped(of.estimate)) },
            asker_short: short(&asker),
            asker_page: page_of(&asker),
            asker,
            asked: When::new(of.created_at, now),
        }
    }
}

pub(super) fn route(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    get("/app/{env}/downloads")
        .needs(DOWNLOADS_READ)
        .page()
        .class(Class::Read)
        .summary("Who asked for which files")
        .queries::<Query>()
        .to(move |call| list(downloads.clone(), call))
}

async fn list(downloads: Downloads, call: Call<(), Query>) -> Result<Reply, Failure> {
    let (tab, cursor, now) = (call.query.tab, call.query.cursor.as_deref(), call.ctx.now());
    let listing = call.listing(downloads.house.keys(), &tab, None)?;
    let (before, fetch) = (behind(&listing, cursor)?, listing.fetch());
    let which = match tab {
        Tab::Mine => Which::Of(call.ctx.actor),
        Tab::Waiting => Which::In(State::Waiting),
        Tab::History => Which::All,
    };
    let found =
        downloads.house.read::<_, StoreError>(&call.ctx, move |tx| store::page(tx, which, before, fetch)).await?;
    let row =
        |one: Download| Row::of(&one, downloads.title(&one.source), now, |path| call.at(path), |id| call.page_of(id));
    let page = listing.page(found, |one| one.id.bytes().to_vec(), row);
    let (path, may) = (call.at("/downloads"), call.caller.permissions);
    let asks = |one: &crate::downloads::Source| (one.title, call.at(&format!("/downloads/new?source={}", one.word)));
    let sources = downloads.all.iter().map(|one| one.source());
    let content = ListPage {
        tabs: tabs(&path, tab),
        pager: Pager::new(&path, tab.query(), cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(tab),
        rules: may.contains(SECURITY_MANAGE).then(|| call.at("/downloads/rules")),
        sources: sources.filter(|one| may.contains(DOWNLOADS_REQUEST) && may.contains(one.needs)).map(asks).collect(),
    };
    call.show("Downloads", &content)
}

pub(super) fn tabs(path: &str, current: Tab) -> Chips {
    let all = [(Tab::Mine, "Mine"), (Tab::Waiting, "Waiting for approval"), (Tab::History, "History")];
    all.into_iter().fold(Chips::new("Which"), |chips, (tab, says)| {
        chips.chip(says, format!("{path}?{}", tab.query()), tab == current)
    })
}

/// What stands where there is nothing.
pub(super) fn empty(tab: Tab) -> Empty {
    let (title, says) = match tab {
        Tab::Mine => (
            "You asked for no files",
            "Ask for rows of contacts, messages or the ledger. What you don’t see in a list isn’t in its file either.",
        ),
        Tab::Waiting => ("Nothing waits", "Files of personal data or of many rows wait here until others have agreed."),
        Tab::History => ("Nobody asked for files", "Who took how much of what, and who agreed to it, stays here."),
    };
    Empty::new(Icon::Download, title, says)
}
