//! The dashboard's pages of downloads: ask, watch, fetch.

mod ask;
mod end;
mod list;
mod rules;
#[cfg(test)]
mod samples;
mod show;

use sealpost_access::permissions::DOWNLOADS_READ;
use sealpost_store::DownloadId;
use sealpost_web::Endpoint;
use sealpost_web::shell::parts::{Shape, State as Sign, Tone};
use sealpost_web::shell::{Group, Icon, Nav};

use super::model::State;
use super::service::Downloads;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Protect,
    place: 3,
    title: "Downloads",
    path: "/downloads",
    icon: Icon::Download,
    key: 'j',
    needs: Some(DOWNLOADS_READ),
    only: None,
    ids: &[(DownloadId::PREFIX, "/downloads")],
};

pub(super) fn routes(downloads: &Downloads) -> Vec<Endpoint> {
    let own = [list::route(downloads), ask::ask(downloads), ask::preview(downloads), ask::route(downloads)];
    let rules = [rules::ask(downloads), rules::route(downloads)];
    own.into_iter().chain([show::route(downloads)]).chain(end::routes(downloads)).chain(rules).collect()
}

fn sign(state: State) -> Sign {
    match state {
        State::Waiting => Sign::new("Waits for approval", Shape::Waiting, Tone::Warn),
        State::Queued => Sign::new("To be written", Shape::Waiting, Tone::Idle),
        State::Writing => Sign::new("Being written", Shape::Half, Tone::Idle),
        State::Ready => Sign::new("Ready", Shape::Done, Tone::Ok),
        State::Delivered => Sign::new("Fetched", Shape::Done, Tone::Idle),
        State::Refused => Sign::new("Not agreed to", Shape::Failed, Tone::Bad),
        State::Failed => Sign::new("Failed", Shape::Failed, Tone::Bad),
        State::Cancelled => Sign::new("Taken back", Shape::Ended, Tone::Idle),
        State::Expired => Sign::new("Over, not fetched", Shape::Ended, Tone::Idle),
    }
}
