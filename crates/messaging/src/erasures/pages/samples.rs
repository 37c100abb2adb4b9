//! The pages of erasures with none, many, and one under way and done.

use sealpost_store::{ContactId, ErasureId};
use sealpost_web::shell::parts::{Ident, Pager, When};
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Row, empty};
use super::show::ShowPage;

#[test]
fn erasures_are_listed_and_shown_with_their_certificate() {
    let row = |number: u8| Row {
        href: "/app/test/erasures/x".into(),
        contact: ContactId::from_bytes([number; 16]).to_string(),
        done: number != 1,
        messages: number.into(),
        begun: When::new(NOW, NOW),
    };
    let list = |rows| ListPage {
        rows,
        pager: Pager::default(),
        empty: empty(),
        days: 730,
        settings: Some("/app/test/erasure-settings".into()),
    };
    keep("erasures-empty", "Erasures", "/erasures", &list(vec![]));
    keep("erasures-many", "Erasures", "/erasures", &list((1..9).map(row).collect()));
    let show = |done: bool| ShowPage {
        list: "/app/test/erasures".into(),
        id: Ident::new(ErasureId::from_bytes([1; 16])),
        contact: ContactId::from_bytes([1; 16]).to_string(),
        counts: vec![("Values", 4), ("Messages emptied", 12)],
        begun: When::new(NOW, NOW),
        done: done.then(|| When::new(NOW, NOW)),
        until: done.then(|| When::new(NOW, NOW)),
        reapplied: done,
        reason: done.then_some("They asked to be forgotten"),
        final_at: Some(When::new(NOW, NOW)),
        certificate: done.then(|| "sealpost certificate of erasure v1\n{}\n".into()),
    };
    keep("erasure-under-way", "Erasure", "/erasures/{id}", &show(false));
    keep("erasure-done", "Erasure", "/erasures/{id}", &show(true));
}
