//! `GET /app/{env}/approvals/{id}`

use askama::Template;
use sealpost_access::permissions::{APPROVALS_MANAGE, APPROVALS_READ, APPROVALS_VOTE};
use sealpost_store::{ActorKind, ApprovalId, MemberId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{State as Sign, When};
use sealpost_web::{Call, Class, Endpoint, Failure, PermissionSet, Reply, get};

use super::sign;
use crate::approvals::api::Api;
use crate::approvals::model::{Approval, Line, Module, Says, State, Tie, Tied};
use crate::approvals::module::{Apply, Approvable};
use crate::approvals::service;
use crate::audit::TypedId;

/// One request.
#[derive(Template)]
#[template(path = "approvals/pages/show.html")]
pub(super) struct ShowPage {
    back: String,
    id: ApprovalId,
    title: &'static str,
    about: &'static str,
    state: Sign,
    emergency: bool,
    /// What can be done: what the button says, where it leads, how it looks.
    acts: Vec<(&'static str, String, &'static str)>,
    note: Option<(bool, &'static str)>,
    lines: Vec<Line>,
    asker: String,
    asker_page: Option<String>,
    asked: When,
    /// Who never votes on it: why, who, and their page.
    tied: Vec<(&'static str, String, Option<String>)>,
    reason: Option<String>,
    target: Option<TypedId>,
    until: When,
    digest: String,
    votes: Vec<Vote>,
    /// Where all of it is for whoever checks it elsewhere.
    record: String,
}

struct Vote {
    says: &'static str,
    who: String,
    at: When,
    comment: Option<String>,
    /// By which key, on which page it was signed.
    signed: Option<(String, String)>,
}

/// Who looks.
#[derive(Clone, Copy)]
pub(super) struct Looking {
    /// Whether it is whoever asked.
    pub(super) own: bool,
    /// Whether it is somebody who never votes on it.
    pub(super) tied: bool,
    pub(super) permissions: PermissionSet,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/approvals/{id}")
        .needs(APPROVALS_READ)
        .page()
        .class(Class::Read)
        .summary("What would change, and what was said")
        .to(move |call: Call| {
            let api = api.clone();
            async move { show(&api, &call).await }
        })
}

async fn show(api: &Api, call: &Call) -> Result<Reply, Failure> {
    let id: ApprovalId = call.id("id")?;
    let keys = api.house.keys().organisation(call.ctx.org.id).await?;
    let approval = api.house.read::<_, Failure>(&call.ctx, move |tx| service::show(tx, &keys, id)).await?;
    let actor = call.ctx.actor;
    let is = |member: MemberId| actor.kind == ActorKind::Member && actor.id == member.bytes();
    let looking = Looking {
        own: is(approval.asker()),
        tied: approval.content.tied.iter().any(|tied| is(tied.member)),
        permissions: call.caller.permissions,
    };
    let of = api.all.find(approval.module)?;
    let content = page(&approval, of, looking, call.ctx.now(), |path| call.at(path), |id| call.page_of(id));
    call.show(approval.module.title(), &content)
}

/// The page for whoever looks; `at` leads somewhere after `/app/{env}`, `page_of` to the page of an object.
pub(super) fn page(
    approval: &Approval,
    of: &Approvable,
    looking: Looking,
    now: Time,
    at: impl Fn(&str) -> String,
    page_of: impl Fn(&str) -> Option<String>,
) -> ShowPage {
    let asker = approval.asker().to_string();
    let vote = |said: &crate::approvals::model::Said| Vote {
        says: match said.vote.says {
            Says::Approve => "Agreed",
            Says::Reject => "Said no",
            Says::Emergency => "Emergency",
            Says::FollowUp => "Looked at it",
        },
        who: said.vote.voter.to_string(),
        at: When::new(said.at, now),
        comment: said.comment.clone(),
        signed: said.signature.as_ref().map(|one| (one.key(), one.origin().to_owned())),
    };
    let tied = |tied: &Tied| {
        let who = tied.member.to_string();
        let why = match tied.tie {
            Tie::Author => "Written by",
            Tie::Beneficiary => "For",
        };
        (why, who.clone(), page_of(&who))
    };
    ShowPage {
        back: at("/approvals"),
        id: approval.id,
        title: approval.module.title(),
        about: of.says,
        state: sign(approval.state(now)),
        emergency: approval.emergency,
        acts: acts(approval, of, looking, now, &at),
        note: note(approval, looking, now),
        lines: approval.content.lines.clone(),
        asker_page: page_of(&asker),
        asker,
        asked: When::new(approval.asked_at, now),
        tied: approval.content.tied.iter().map(tied).collect(),
        reason: approval.content.reason.clone(),
        target: approval.target.zip(of.of).map(|(id, kind)| TypedId { kind: kind.to_owned(), id }),
        until: When::new(approval.expires_at(), now),
        digest: approval.digest().to_string(),
        votes: approval.said.iter().map(vote).collect(),
        record: format!("/v1/approvals/{}/record", approval.id),
    }
}

fn acts(
    approval: &Approval,
    of: &Approvable,
    looking: Looking,
    now: Time,
    at: impl Fn(&str) -> String,
) -> Vec<(&'static str, String, &'static str)> {
    let act = |verb: &str| at(&format!("/approvals/{}/{verb}", approval.id));
    let may = |permission| looking.permissions.contains(permission);
    let (state, mut all) = (approval.state(now), Vec::new());
    if state == State::Approved {
        match (of.apply, approval.module, approval.target) {
            (Apply::Here(_), ..) if may(APPROVALS_VOTE) => all.push(("Put into force…", act("apply"), "main")),
            (Apply::ByAsker, Module::ContactExport, Some(contact)) if looking.own => {
                let contact = TypedId { kind: of.of.unwrap_or_default().to_owned(), id: contact };
                all.push(("Export…", at(&format!("/contacts/{contact}/export?approval={}", approval.id)), "main"));
            }
            _ => {}
        }
    }
    if state.is_open() && may(APPROVALS_VOTE) {
        // Whoever asked may yet be alone, and then agrees, whoever wrote it.
        if state == State::Pending && (looking.own || !looking.tied) {
            all.push(("Approve…", act("approve"), "main"));
        }
        if looking.own {
            all.push(("Take back…", act("cancel"), "quiet"));
        } else if !looking.tied {
            all.push(("Reject…", act("reject"), "quiet"));
        }
    }
    if state == State::Pending && may(APPROVALS_MANAGE) {
        all.push(("Emergency…", act("emergency"), "quiet"));
    }
    if due(approval) && may(APPROVALS_MANAGE) && !looking.own {
        all.push(("I looked at it…", act("follow-up"), "main"));
    }
    all
}

fn note(approval: &Approval, looking: Looking, now: Time) -> Option<(bool, &'static str)> {
    match approval.state(now) {
        State::Pending if looking.own => Some((
            false,
            "It waits for approval by somebody else. Where there is nobody who could, you may agree yourself after 24 hours.",
        )),
        State::Pending if looking.tied => Some((false, "You wrote it, or would have it: others vote on it.")),
        State::Conflict => {
            Some((true, "What it changes, or the rules about approvals, have changed meanwhile. Ask for it again."))
        }
        State::Live if due(approval) => {
            Some((true, "Two people put this into force in an emergency. Somebody has to look at it."))
        }
        _ => None,
    }
}

/// Whether it was an emergency that nobody has looked at.
const fn due(approval: &Approval) -> bool {
    approval.emergency && approval.followed_up_at.is_none() && matches!(approval.request.state, State::Live)
}
