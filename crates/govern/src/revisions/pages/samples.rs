//! The pages of revisions with nothing on them and with every kind of change.

use sealpost_access::revisions::Revision;
use sealpost_store::{Actor, ActorKind, ApprovalId, RevisionId};
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};
use serde_json::Value;

use super::list::{ListPage, Row, empty, settings};
use super::show::page;
use crate::approvals::Line;
use crate::revisions::service::Seen;
use crate::revisions::setting::Revisables;

fn at(path: &str) -> String {
    format!("/app/test{path}")
}

fn nowhere(_: &str) -> Option<String> {
    None
}

fn revision(number: u32) -> Revision {
    let actor = if number == 0 { Actor::SYSTEM } else { Actor { kind: ActorKind::Member, id: [7; 16] } };
    Revision {
        id: RevisionId::from_bytes([number as u8; 16]),
        setting: "masking".into(),
        target: None,
        number,
        says: Value::Null,
        why: (number > 0).then(|| "Migration of the shop, change 118".into()),
        digest: [0xcd; 32],
        actor,
        approval: (number == 2).then(|| ApprovalId::from_bytes([1; 16])),
        at: NOW.plus_ms(-3_600_000),
        newest: 2,
    }
}

fn lines() -> Vec<Line> {
    vec![
        Line::new(
            "Live",
            "Everything personal is hidden".to_owned(),
            "Nothing is hidden from whoever may reveal".to_owned(),
        ),
        Line::new("Rule: One-time code", r"\b\d{6}\b".to_owned(), None),
    ]
}

#[test]
fn a_list_says_what_each_change_changed() {
    let all = Revisables::with(&[]).unwrap();
    let list = |rows| ListPage {
        settings: settings(&at("/revisions"), &all, None),
        rows,
        pager: Pager::default(),
        empty: empty(),
    };
    keep("revisions-empty", "Revisions", "/revisions", &list(vec![]));
    let row = |number| {
        let changes = if number == 0 { vec![] } else { lines() };
        Row::of((revision(number), changes), &all, NOW, at, nowhere)
    };
    keep("revisions-many", "Revisions", "/revisions", &list([2, 1, 0].map(row).into()));
}

#[test]
fn a_revision_says_what_going_back_would_change_to_whoever_may() {
    let all = Revisables::with(&[]).unwrap();
    let seen = |number, back| Seen { revision: revision(number), changed: lines(), back };
    let show = |seen, may| page(seen, &all, may, NOW, at, nowhere);
    keep("revision-in-force", "Masking", "/revisions", &show(seen(2, vec![]), true));
    keep("revision-past", "Masking", "/revisions", &show(seen(1, lines()), true));
    let first = Seen { changed: vec![], ..seen(0, lines()) };
    keep("revision-read", "Masking", "/revisions", &show(first, false));
}
