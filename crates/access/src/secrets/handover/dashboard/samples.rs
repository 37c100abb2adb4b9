//! The page of hand-overs with none and with one of each kind on it.

use sealpost_store::{HandOverId, SecretId};
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Row, empty};
use crate::secrets::SecretName;
use crate::secrets::handover::HandOver;

const MINUTE_MS: i64 = 60_000;

fn at(path: &str) -> String {
    format!("/app/test{path}")
}

#[test]
fn hand_overs_say_what_became_of_them() {
    let ago = |minutes: i64| NOW.plus_ms(-minutes * MINUTE_MS);
    let open = HandOver {
        id: HandOverId::from_bytes([1; 16]),
        secret: SecretId::from_bytes([2; 16]),
        name: SecretName::parse("shop-signing").unwrap(),
        version: 4,
        created_at: ago(5),
        expires_at: ago(-55),
        opened_at: None,
        again_at: None,
        revoked_at: None,
    };
    let opened = HandOver { opened_at: Some(ago(3)), ..open.clone() };
    let all = [
        open.clone(),
        opened.clone(),
        HandOver { again_at: Some(ago(1)), name: SecretName::parse(&"long".repeat(15)).unwrap(), ..opened },
        HandOver { expires_at: ago(1), ..open.clone() },
        HandOver { revoked_at: Some(ago(2)), ..open },
    ];
    let list = |rows| ListPage { back: at("/secrets"), rows, pager: Pager::default(), empty: empty() };
    keep("handovers-empty", "Hand-overs", "/secrets/handovers", &list(vec![]));
    let rows = all.iter().map(|one| Row::of(one, NOW, at)).collect();
    keep("handovers-many", "Hand-overs", "/secrets/handovers", &list(rows));
}
