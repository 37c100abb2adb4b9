//! The pages of downloads with nothing on them, and with a file in every state.

use sealpost_store::{Actor, ActorKind, ApprovalId, DownloadId, SlotId};
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};
use serde_json::json;

use super::list::{ListPage, Row, Tab, empty, tabs};
use super::show::page;
use crate::downloads::model::{Download, Format, State, Wanted, Written};

fn at(path: &str) -> String {
    format!("/app/test{path}")
}

fn nowhere(_: &str) -> Option<String> {
    None
}

fn download(state: State) -> Download {
    let whole = matches!(state, State::Ready | State::Delivered | State::Expired);
    Download {
        id: DownloadId::from_bytes([3; 16]),
        source: "contacts".into(),
        format: Format::Csv,
        columns: ["id", "phone", "locale"].map(str::to_owned).to_vec(),
        personal: true,
        estimate: 48_211,
        actor: Actor { kind: ActorKind::Member, id: [7; 16] },
        slot: SlotId::from_bytes([4; 16]),
        wanted: None,
        digest: [0xab; 32],
        approval: Some(ApprovalId::from_bytes([5; 16])),
        state,
        why: (state == State::Failed).then(|| "rights_changed".into()),
        sight: None,
        run: 1,
        written: Written {
            rows: if state == State::Writing { 20_000 } else { 48_190 },
            bytes: 5_120_331,
            chunks: 20,
            sha256: whole.then_some([0xcd; 32]),
        },
        fetch: None,
        created_at: NOW.plus_ms(-3_600_000),
        updated_at: NOW,
        expires_at: whole.then(|| NOW.plus_ms(23 * 3_600_000)),
    }
}

#[test]
fn files_are_listed_and_shown_in_every_state() {
    let list = |tab, rows: Vec<Row>| ListPage {
        tabs: tabs(&at("/downloads"), tab),
        rows,
        pager: Pager::default(),
        empty: empty(tab),
        rules: Some(at("/downloads/rules")),
        sources: vec![
            ("Contacts", at("/downloads/new?source=contacts")),
            ("Messages", at("/downloads/new?source=messages")),
        ],
    };
    for (name, tab) in
        [("downloads-mine", Tab::Mine), ("downloads-waiting", Tab::Waiting), ("downloads-history", Tab::History)]
    {
        keep(&format!("{name}-empty"), "Downloads", "/downloads", &list(tab, vec![]));
    }
    let states = [
        State::Waiting,
        State::Queued,
        State::Writing,
        State::Ready,
        State::Delivered,
        State::Refused,
        State::Failed,
        State::Cancelled,
        State::Expired,
    ];
    let rows = states.map(|state| Row::of(&download(state), "Contacts", NOW, at, nowhere));
    keep("downloads-many", "Downloads", "/downloads", &list(Tab::History, rows.into()));
    for state in states {
        let wanted = Wanted { filter: json!({}), reason: "Yearly count, ticket 4512 <b>".into() };
        let shown = page(&download(state), "Contacts", Some(wanted), true, NOW, at, nowhere);
        keep(&format!("download-{}", state.word()), "Contacts", "/downloads", &shown);
    }
}
