//! The pages of approvals with nothing on them and with a request in every state.

use sealpost_access::passkeys::Signature;
use sealpost_access::permissions::EVERYTHING;
use sealpost_store::{ApprovalId, ContactId, MemberId};
use sealpost_web::PermissionSet;
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};
use serde_json::{Value, json};

use super::list::{ListPage, Row, Search, Tab, empty, tabs};
use super::show::{Looking, page};
use crate::approvals::digest::Digest;
use crate::approvals::model::{Approval, Content, Line, Module, Said, Says, Scope, State, Tied, Vote};
use crate::approvals::module::{Apply, Approvable};
use crate::approvals::policy;
use crate::approvals::rules::{Pinned, Request};

const HOUR_MS: i64 = 3_600_000;

fn at(path: &str) -> String {
    format!("/app/test{path}")
}

fn nowhere(_: &str) -> Option<String> {
    None
}

/// What a passkey has signed, as far as pages look at it.
fn signature() -> Signature {
    let text = json!({
        "relying_party": "sealpost.example", "origin": "https://sealpost.example", "credential_id": "AAAA", "public_key": "AAAA",
        "client_data": "e30", "authenticator_data": "AAAA", "signature": "AAAA",
    });
    serde_json::from_value(text).unwrap()
}

fn approval(module: Module, state: State) -> Approval {
    let pinned = Pinned { digest: Digest([0xab; 32]), live: 3, policy: 2 };
    let asker = MemberId::from_bytes([7; 16]);
    let asked_at = NOW.plus_ms(-3 * HOUR_MS);
    let tied = vec![Tied::author(MemberId::from_bytes([6; 16]))];
    let said = Said {
        vote: Vote { voter: MemberId::from_bytes([8; 16]), says: Says::Approve, digest: pinned.digest },
        comment: Some("Checked with the privacy officer".into()),
        signature: Some(signature()),
        at: NOW.plus_ms(-HOUR_MS),
    };
    Approval {
        id: ApprovalId::from_bytes([1; 16]),
        module,
        scope: Scope::Both,
        target: (module == Module::ContactExport).then_some([9; 16]),
        request: Request { state, ..Request::new(asker, pinned, tied.clone(), asked_at) },
        asked_at,
        emergency: false,
        followed_up_at: None,
        content: Content {
            salt: String::new(),
            wanted: Value::Null,
            lines: vec![
                Line::new(
                    "Live",
                    "Everything personal is hidden".to_owned(),
                    "Nothing is hidden from whoever may reveal".to_owned(),
                ),
                Line::new("Looks a day", "200".to_owned(), "200".to_owned()),
                Line::new("Rule: One-time code", r"\b\d{6}\b".to_owned(), None),
            ],
            reason: Some("Migration of the shop, change 118".into()),
            tied,
        },
        said: if state == State::Pending { vec![] } else { vec![said] },
    }
}

const EXPORT: Approvable = Approvable {
    module: Module::ContactExport,
    apply: Apply::ByAsker,
    of: Some(ContactId::PREFIX),
    ..policy::APPROVABLE
};

#[test]
fn a_list_says_how_each_request_stands() {
    let states = [
        State::Pending,
        State::Approved,
        State::Rejected,
        State::Cancelled,
        State::Expired,
        State::Live,
        State::Conflict,
    ];
    let list = |tab, rows, unfollowed| ListPage {
        tabs: tabs(&at("/approvals"), tab),
        search: Search { path: at("/approvals"), tab, module: None, words: String::new() },
        rows,
        pager: Pager::default(),
        empty: empty(tab),
        rules: Some(at("/approvals/rules")),
        unfollowed,
    };
    keep("approvals-empty", "Approvals", "/approvals", &list(Tab::Waiting, vec![], vec![]));
    let rows = states.map(|state| Row::of(&approval(Module::Masking, state), NOW, at, nowhere));
    let emergencies = vec![at("/approvals/apr_1")];
    keep("approvals-many", "Approvals", "/approvals", &list(Tab::History, rows.into(), emergencies));
}

#[test]
fn a_request_says_what_would_change_and_what_can_be_done() {
    let looking = |own, permissions| Looking { own, tied: false, permissions };
    let show = |approval: &Approval, of, looking| page(approval, of, looking, NOW, at, nowhere);
    let waits = approval(Module::ApprovalPolicy, State::Pending);
    keep("approval-waits", "Approval", "/approvals", &show(&waits, &policy::APPROVABLE, looking(false, EVERYTHING)));
    keep("approval-own", "Approval", "/approvals", &show(&waits, &policy::APPROVABLE, looking(true, EVERYTHING)));
    let tied = Looking { tied: true, ..looking(false, EVERYTHING) };
    keep("approval-tied", "Approval", "/approvals", &show(&waits, &policy::APPROVABLE, tied));
    let read = looking(false, PermissionSet::EMPTY);
    let conflict = approval(Module::ApprovalPolicy, State::Conflict);
    keep("approval-conflict", "Approval", "/approvals", &show(&conflict, &policy::APPROVABLE, read));
    let granted = approval(Module::ContactExport, State::Approved);
    keep("approval-export", "Approval", "/approvals", &show(&granted, &EXPORT, looking(true, EVERYTHING)));
    let emergency = Approval { emergency: true, ..approval(Module::ApprovalPolicy, State::Live) };
    keep(
        "approval-emergency",
        "Approval",
        "/approvals",
        &show(&emergency, &policy::APPROVABLE, looking(false, EVERYTHING)),
    );
}
