//! The page of looks with none, and with all kinds of them.

use sealpost_store::RequestId;
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Query, Row, chips, empty};
use crate::audit::{ActorWord, EnvironmentWord, ResultWord, TypedId};
use crate::looks::past::PastLook;

fn look(number: u8, result: ResultWord) -> PastLook {
    let id = |kind: &str| Some(TypedId { kind: kind.into(), id: [number; 16] });
    PastLook {
        seq: u64::from(number),
        at: NOW.plus_ms(-(i64::from(number) * 71_000)),
        actor_kind: if number.is_multiple_of(2) { ActorWord::Member } else { ActorWord::Key },
        actor: id(if number.is_multiple_of(2) { "mem" } else { "key" }),
        action: if number.is_multiple_of(3) { "contact.reveal".into() } else { "message.reveal".into() },
        object: id(if number.is_multiple_of(3) { "con" } else { "msg" }),
        fields: if number.is_multiple_of(3) { vec!["phone".into(), "external_id".into()] } else { vec![] },
        environment: Some(EnvironmentWord::Live),
        result,
        denied_for: None,
        why: (number != 4).then(|| "Caller says the code never came, ticket 4512 <b>".into()),
        burst: number == 2,
        request_id: RequestId::from_bytes([number; 16]),
    }
}

#[test]
fn looks_are_listed_with_who_at_what_and_why() {
    let at = |path: &str| format!("/app/test{path}");
    let list = |query: Query, rows: Vec<Row>| ListPage {
        path: at("/looks"),
        chips: chips(&at("/looks"), &query, NOW),
        rows,
        pager: Pager::default(),
        empty: empty(false),
        file: Some("/app/test/downloads/new?source=looks".into()),
        query,
    };
    keep("looks-empty", "Looks", "/looks", &list(Query::default(), vec![]));
    let of = |id: &str| id.starts_with("msg").then(|| at(&format!("/messages/{id}")));
    let row = |number| {
        let result = if number == 5 { ResultWord::Denied } else { ResultWord::Ok };
        Row::of(&look(number, result), at(&format!("/audit/{number}")), NOW, of)
    };
    let narrowed = Query {
        actor: Some(TypedId { kind: "mem".into(), id: [2; 16] }),
        day: "2026-01-15".parse().ok(),
        ..Query::default()
    };
    keep("looks-many", "Looks", "/looks", &list(narrowed, (1..9).map(row).collect()));
}
