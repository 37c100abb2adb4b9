//! `GET /app/{env}/downloads/{id}`

use askama::Template;
use sealpost_access::permissions::{APPROVALS_READ, DOWNLOADS_READ, DOWNLOADS_REQUEST};
use sealpost_store::{DownloadId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::figure::{Meter, Part};
use sealpost_web::shell::parts::{State as Sign, When, grouped};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::sign;
use crate::downloads::api::asker;
use crate::downloads::approval::which;
use crate::downloads::model::{Download, State, Wanted};
use crate::downloads::service::Downloads;
use crate::downloads::write::hex;

/// One file.
#[derive(Template)]
#[template(path = "downloads/pages/show.html")]
pub(super) struct ShowPage {
    back: String,
    id: DownloadId,
    title: String,
    state: Sign,
    personal: bool,
    /// What can be done: what the button says, where it leads, how it looks.
    acts: Vec<(&'static str, String, &'static str)>,
    note: Option<(bool, &'static str)>,
    asker: String,
    asker_page: Option<String>,
    asked: When,
    reason: Option<String>,
    which: Option<String>,
    columns: String,
    at_most: String,
    approval: Option<String>,
    format: &'static str,
    meter: Option<Meter>,
    rows: String,
    bytes: String,
    sha256: Option<String>,
    until: Option<When>,
}

pub(super) fn route(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    get("/app/{env}/downloads/{id}")
        .needs(DOWNLOADS_READ)
        .page()
        .class(Class::Read)
        .summary("What was asked for, and how far it is")
        .to(move |call: Call| {
            let downloads = downloads.clone();
            async move { show(&downloads, &call).await }
        })
}

async fn show(downloads: &Downloads, call: &Call) -> Result<Reply, Failure> {
    let download = downloads.find(&call.ctx, call.id("id")?).await?;
    let wanted = downloads.wanted(&call.ctx, &download).await?;
    let own = call.ctx.actor == download.actor && call.caller.permissions.contains(DOWNLOADS_REQUEST);
    let title = downloads.title(&download.source).to_owned();
    let mut download = download;
    // Nobody is led to what they may not read.
    download.approval = download.approval.filter(|_| call.caller.permissions.contains(APPROVALS_READ));
    let content = page(&download, &title, wanted, own, call.ctx.now(), |path| call.at(path), |id| call.page_of(id));
    call.show(&title, &content)
}

/// The page; `own`: for whoever asked. `at` leads somewhere after `/app/{env}`, `page_of` to the page of an object.
pub(super) fn page(
    of: &Download,
    title: &str,
    wanted: Option<Wanted>,
    own: bool,
    now: Time,
    at: impl Fn(&str) -> String,
    page_of: impl Fn(&str) -> Option<String>,
) -> ShowPage {
    let asker = asker(of.actor).map(|id| id.to_string()).unwrap_or_default();
    let is_over = of.expires_at.is_some_and(|until| until <= now);
    let state = if of.state == State::Ready && is_over { State::Expired } else { of.state };
    ShowPage {
        back: at("/downloads"),
        id: of.id,
        title: title.to_owned(),
        state: sign(state),
        personal: of.personal,
        acts: acts(of, state, own, &at),
        note: note(of, state, own),
        asker_page: page_of(&asker),
        asker,
        asked: When::new(of.created_at, now),
        which: wanted.as_ref().map(|wanted| which(&wanted.filter)),
        reason: wanted.map(|wanted| wanted.reason),
        columns: of.columns.join(", "),
        at_most: grouped(of.estimate),
        approval: of.approval.map(|id| at(&format!("/approvals/{id}"))),
        format: of.format.word(),
        meter: meter(of),
        rows: grouped(of.written.rows),
        bytes: grouped(of.written.bytes),
        sha256: of.written.sha256.map(hex),
        until: of.expires_at.filter(|_| state == State::Ready).map(|until| When::new(until, now)),
    }
}

/// How far it is while it is being written.
fn meter(of: &Download) -> Option<Meter> {
    let share = of.written.rows as f64 / of.estimate.max(1) as f64;
    (of.state == State::Writing).then(|| Meter::new(vec![Part { share, fill: "f-ok" }]))
}

fn acts(
    of: &Download,
    state: State,
    own: bool,
    at: impl Fn(&str) -> String,
) -> Vec<(&'static str, String, &'static str)> {
    let act = |verb: &str| at(&format!("/downloads/{}/{verb}", of.id));
    let mut all = Vec::new();
    if own && state == State::Ready {
        all.push(("Fetch…", act("deliver"), "main"));
    }
    if own && state.is_open() {
        all.push(("Take back…", act("cancel"), "quiet"));
    }
    all
}

fn note(of: &Download, state: State, own: bool) -> Option<(bool, &'static str)> {
    match (state, of.why.as_deref()) {
        (State::Waiting, _) => {
            Some((false, "Others see which rows and columns, a sample with everything personal hidden, and why."))
        }
        (State::Ready, _) if own && of.fetch.is_some() => Some((
            false,
            "You began to fetch it. If the transfer broke, fetch it again: five times at most, within half an hour of the first, in the same session.",
        )),
        (State::Ready, _) if own => {
            Some((false, "You can fetch it once. After that, or when its time is over, it is destroyed."))
        }
        (State::Expired, Some("cut_off")) => {
            Some((true, "It was begun to be fetched and never was to its end. Ask again."))
        }
        (State::Failed, Some("rights_gone" | "rights_changed")) => {
            Some((true, "What its asker may or sees has changed since they asked. Ask again."))
        }
        (State::Failed, _) => Some((true, "It could not be written. Ask again.")),
        _ => None,
    }
}
