//! The routes of approvals.

mod ask;
mod edit;
mod end;
mod list;
mod record;
mod rules;
mod show;
mod signature;
mod view;
mod vote;

use sealpost_access::members::codes::{LAST_OWNER, ONESELF, OUTRANKED, OWNERS_ONLY, ROLE_EXCEEDS, ROLE_UNKNOWN};
use sealpost_access::passkeys::Passkeys;
use sealpost_access::passkeys::codes::{CHALLENGE_SPENT, PASSKEY_REFUSED};
use sealpost_access::roles::codes::{OWN_ROLE, ROLE_NAME_TAKEN, ROLES_FULL};
use sealpost_store::{ApprovalId, Store};
use sealpost_web::{Code, Failure, Feature, Listing, Reply};

use super::codes::*;
use super::model::Approval;
use super::module::Approvables;
use super::{codes, pages};
use crate::masking::codes::LIVE_KEY_REQUIRED;

pub(super) use signature::Body as ToSign;
pub use view::{Waiting, accepted};
pub(super) use vote::{APPROVE, Ballot, EMERGENCY, REJECT, Voting};

/// What the handlers need.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) house: Store,
    pub(super) all: Approvables,
    /// By whom votes are signed.
    pub(super) passkeys: Passkeys,
}

/// Routes and pages of approvals, over everything that may take one.
pub fn feature(house: &Store, all: Approvables, passkeys: Passkeys) -> Feature {
    let api = Api { house: house.clone(), all, passkeys };
    let routes = vec![
        list::route(&api),
        ask::route(&api),
        show::route(&api),
        record::route(&api),
        edit::route(&api),
        signature::options(&api),
    ];
    let votes = [APPROVE, REJECT, EMERGENCY].map(|voting| vote::route(&api, voting));
    let ends = vec![end::cancel(&api), end::apply(&api), end::follow_up(&api), rules::show(&api), rules::change(&api)];
    Feature {
        name: "approvals",
        about: "What is dangerous waits until others have agreed to exactly what they saw. A vote carries the digest of what was looked \
                at; nobody approves what they asked for; what goes live is what was approved, or nothing.",
        routes: routes.into_iter().chain(votes).chain(ends).chain(pages::routes(&api)).collect(),
        codes: codes::ALL,
    }
}

/// What a decision may be refused with.
pub(super) const OF_DECISIONS: [&Code; 25] = [
    &APPROVAL_OVER,
    &APPROVAL_BY_MEMBERS,
    &APPROVAL_CHANGED,
    &APPROVAL_OWN,
    &APPROVAL_TIED,
    &APPROVAL_UNSIGNED,
    &PASSKEY_REFUSED,
    &CHALLENGE_SPENT,
    &APPROVAL_TOO_EARLY,
    &APPROVAL_NOT_ASKED,
    &APPROVAL_VOTED,
    &APPROVAL_TOO_FEW,
    &APPROVAL_PERSON_UNKNOWN,
    &APPROVAL_FOLLOW_UP_DUE,
    &APPROVAL_RACED,
    &LIVE_KEY_REQUIRED,
    &OWN_ROLE,
    &LAST_OWNER,
    &ONESELF,
    &OUTRANKED,
    &OWNERS_ONLY,
    &ROLE_EXCEEDS,
    &ROLE_UNKNOWN,
    &ROLE_NAME_TAKEN,
    &ROLES_FULL,
];

/// Behind which request a page begins.
pub(super) fn behind(listing: &Listing<'_>, cursor: Option<&str>) -> Result<ApprovalId, Failure> {
    let position = listing.position(cursor)?.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    Ok(ApprovalId::from_bytes(position.unwrap_or([0xff; 16])))
}

/// A request as the answer of an act on it.
fn answer(api: &Api, approval: &Approval, now: sealpost_store::Time) -> Result<Reply, Failure> {
    Ok(Reply::ok(&view::ApprovalView::of(approval, api.all.find(approval.module)?, now))?)
}
