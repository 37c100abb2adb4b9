//! The pages of the ledger with nothing, much, something damaged and something broken on them.

use sealpost_ledger::{Finding, FindingKind, Hash, Report};
use sealpost_store::RequestId;
use sealpost_web::shell::parts::{Pager, When};
use sealpost_web::shell::testing::{NOW, keep};
use serde_json::json;

use super::entry::{Proof, page};
use super::list::{ListPage, Query, Row, chips, empty, figure};
use super::verify::{VerifiedPage, outcome};
use crate::activity::{Count, Span};
use crate::audit::entry::{Act, ActorWord, Entry, EnvironmentWord, ResultWord};
use crate::audit::ids::TypedId;

fn id(kind: &str, number: u8) -> TypedId {
    TypedId { kind: kind.into(), id: [number; 16] }
}

fn entry(seq: u64, action: &str, actor: ActorWord, result: ResultWord) -> Entry {
    let number = seq.to_le_bytes()[0];
    let act = Act {
        at: NOW.plus_ms(-(i64::from(number) * 71_000)),
        actor_kind: actor,
        actor: match actor {
            ActorWord::Key => Some(id("key", 7)),
            ActorWord::Member => Some(id("mem", 9)),
            _ => None,
        },
        action: action.into(),
        target: Some(id("msg", number)),
        result,
        reason: (result != ResultWord::Ok).then(|| "permission_missing".into()),
        request_id: RequestId::from_bytes([number; 16]),
        environment: Some(EnvironmentWord::Test),
        details: Some(json!({ "fields": ["phone", "email"], "reason": "Customer called back, ticket 4512" })),
        pruned: false,
    };
    Entry { seq, leaf_hash: "ab".repeat(32), damaged: false, act: Some(act) }
}

fn at(path: &str) -> String {
    format!("/app/test{path}")
}

fn of(id: &str) -> Option<String> {
    id.starts_with("msg").then(|| at(&format!("/messages/{id}")))
}

fn list(query: Query, rows: Vec<Row>, has_more: bool) -> ListPage {
    let path = at("/audit");
    let span = Span::until(NOW, 56, 24);
    let counts: Vec<_> = (0..56)
        .map(|step| Count {
            step,
            action: "message.accept".into(),
            actor: ActorWord::Key,
            result: if step % 9 == 4 { ResultWord::Denied } else { ResultWord::Ok },
            count: 40 + (step as u64 * 37) % 90,
        })
        .collect();
    ListPage {
        chips: chips(&path, &query),
        figure: (query.action.is_none() && !rows.is_empty()).then(|| figure(&counts, span)),
        rows,
        pager: Pager::new(&path, "", None, has_more.then_some("abc")),
        empty: empty(has_more),
        verify: at("/audit/verify"),
        export: Some(at("/audit/export")),
        csrf: "sample".into(),
        query,
        path,
    }
}

#[test]
fn acts_are_listed_whoever_did_them_and_however_they_ended() {
    let kinds = [
        ("message.accept", ActorWord::Key, ResultWord::Ok),
        ("message.deliver", ActorWord::System, ResultWord::Ok),
        ("contact.reveal", ActorWord::Member, ResultWord::Ok),
        ("key.create", ActorWord::Operator, ResultWord::Ok),
        ("contact.reveal", ActorWord::Member, ResultWord::Denied),
        ("auth.refuse", ActorWord::Anonymous, ResultWord::Denied),
        ("delivery.attempt", ActorWord::System, ResultWord::Failed),
    ];
    let entries = (0..21_u64).rev().map(|seq| {
        let (action, actor, result) = kinds[usize::try_from(seq).unwrap() % kinds.len()];
        entry(12_000 + seq, action, actor, result)
    });
    let row = |entry: Entry| Row::of(&entry, at(&format!("/audit/{}", entry.seq)), NOW, of);
    let mut rows: Vec<Row> = entries.map(row).collect();
    rows.push(row(Entry { damaged: true, ..entry(11_999, "key.revoke", ActorWord::Key, ResultWord::Ok) }));
    rows.push(row(Entry { damaged: true, act: None, ..entry(11_998, "x", ActorWord::Key, ResultWord::Ok) }));
    keep("audit-many", "Audit", "/audit", &list(Query::default(), rows, true));
    let query = Query {
        action: Some("key".into()),
        actor: Some(id("mem", 9)),
        from: Some("2026-01-15".into()),
        ..Query::default()
    };
    keep("audit-none-fit", "Audit", "/audit", &list(query, vec![], false));
    let query = Query { action: Some(".reveal".into()), ..Query::default() };
    keep("audit-further-back", "Audit", "/audit", &list(query, vec![], true));
}

#[test]
fn an_entry_is_shown_with_its_proof_or_what_is_wrong_with_it() {
    let proven = Proof::Proven {
        size: "12 034".into(),
        hashes: (0..14).map(|number: u8| format!("{number:02x}").repeat(32)).collect(),
        signed: When::new(NOW.plus_ms(-800), NOW),
        root: "cd".repeat(32),
    };
    let whole = entry(12_002, "contact.reveal", ActorWord::Member, ResultWord::Ok);
    let keep = |name: &str, entry: &Entry, proof: Proof| {
        keep(name, "contact.reveal", "/audit/{seq}", &page(entry, proof, NOW, at, of));
    };
    keep("audit-entry", &whole, proven);
    keep("audit-entry-pending", &whole, Proof::Pending);
    keep("audit-entry-damaged", &Entry { damaged: true, act: None, ..whole }, Proof::Broken);
}

#[test]
fn a_verification_says_what_was_proven_or_from_where_on_nothing_is() {
    let report = Report {
        origin: "sealpost.example/ledger/7f3c".into(),
        org: None,
        leaves: 12_034,
        checkpoints: 981,
        root: Hash::from([0x5a; 32]),
        unsealed: 0,
        pruned_contents: 12,
    };
    let keep = |name: &str, verified| {
        let page = VerifiedPage { list: at("/audit"), outcome: outcome(verified, at) };
        keep(name, "Ledger verified", "/audit/verify", &page);
    };
    keep("audit-verified", Ok(report));
    keep("audit-broken", Err(Finding { line: 4_713, seq: 4_711, kind: FindingKind::Edited }));
}
