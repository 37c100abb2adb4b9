//! The dashboard's pages of approvals.

mod end;
mod list;
mod rules;
#[cfg(test)]
mod samples;
mod show;
mod vote;

use sealpost_access::permissions::APPROVALS_READ;
use sealpost_store::ApprovalId;
use sealpost_web::Endpoint;
use sealpost_web::shell::parts::{Shape, State as Sign, Tone};
use sealpost_web::shell::{Group, Icon, Nav};

use super::api::{APPROVE, Api, EMERGENCY, REJECT};
use super::model::State;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Protect,
    place: 1,
    title: "Approvals",
    path: "/approvals",
    icon: Icon::Check,
    key: 'q',
    needs: Some(APPROVALS_READ),
    only: None,
    ids: &[(ApprovalId::PREFIX, "/approvals")],
};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    let votes =
        [APPROVE, REJECT, EMERGENCY].into_iter().flat_map(|voting| [vote::ask(api, voting), vote::route(api, voting)]);
    let ends = end::routes(api);
    let own = [list::route(api), show::route(api), rules::ask(api), rules::route(api)];
    own.into_iter().chain(votes).chain(ends).collect()
}

fn sign(state: State) -> Sign {
    match state {
        State::Pending => Sign::new("Waits for approval", Shape::Waiting, Tone::Warn),
        State::Approved => Sign::new("Approved", Shape::Half, Tone::Ok),
        State::Rejected => Sign::new("Rejected", Shape::Failed, Tone::Bad),
        State::Cancelled => Sign::new("Taken back", Shape::Ended, Tone::Idle),
        State::Expired => Sign::new("Over, undecided", Shape::Ended, Tone::Idle),
        State::Live => Sign::new("In force", Shape::Done, Tone::Ok),
        State::Conflict => Sign::new("In conflict", Shape::Unknown, Tone::Bad),
    }
}
