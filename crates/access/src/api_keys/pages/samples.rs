//! The pages of keys with none, many, old, ended and never used ones on them.

use sealpost_seal::token::KeyKind;
use sealpost_store::{ApiKeyId, Environment};
use sealpost_web::PermissionSet;
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Row, empty};
use super::show::page;
use crate::api_keys::day::{DAY_MS, Day};
use crate::api_keys::model::{ApiKey, KeyMask, KeyName, KeyUsage};
use crate::permissions::{CONTACTS_READ, MESSAGES_READ, MESSAGES_SEND};

/// A key that ends in so many days, and was revoked so many days ago.
pub(super) fn key(days: i64, revoked: Option<i64>) -> ApiKey {
    ApiKey {
        id: ApiKeyId::from_bytes([days.unsigned_abs() as u8; 16]),
        environment: Environment::Test,
        kind: KeyKind::Secret,
        name: KeyName::parse("Shop backend").unwrap(),
        last4: "x9Qf".into(),
        scopes: PermissionSet::of(&[MESSAGES_SEND, MESSAGES_READ, CONTACTS_READ]),
        mask: KeyMask::Last4,
        cidrs: crate::api_keys::Cidrs::from_text("192.0.2.0/24").unwrap(),
        created_at: NOW.plus_ms((days - 90) * DAY_MS),
        expires_at: NOW.plus_ms(days * DAY_MS),
        revoked_at: revoked.map(|days| NOW.plus_ms(-days * DAY_MS)),
        successor: None,
        uses: 41_237,
        last_use: None,
    }
}

#[test]
fn keys_are_listed_with_how_much_of_their_life_is_over() {
    let list = |rows| ListPage {
        new: Some("/app/test/keys/new".into()),
        rows,
        pager: Pager::default(),
        empty: empty(Some("/app/test/keys/new".into())),
    };
    keep("keys-empty", "API keys", "/keys", &list(vec![]));
    let keys = [key(88, None), key(45, None), key(11, None), key(2, None), key(-20, None), key(60, Some(3))];
    let long = ApiKey { name: KeyName::parse(&"long".repeat(25)).unwrap(), ..key(30, None) };
    let rows = keys.iter().chain([&long]).map(|key| Row::of(key, "/x".into(), NOW)).collect();
    keep("keys-many", "API keys", "/keys", &list(rows));
}

#[test]
fn a_key_is_shown_in_use_and_before_its_first() {
    let keep = |name: &str, usage: &KeyUsage| {
        let page = page(usage, NOW, true, |path| format!("/app/test{path}"));
        keep(name, "Shop backend", "/keys/{id}", &page);
    };
    let today = Day::of(NOW);
    let days = (0..40).map(|back| (today.minus(back), 400 + (back.unsigned_abs() * 7_919) % 1_300)).collect();
    keep("key-used", &KeyUsage { key: key(11, None), days });
    let unused = ApiKey { uses: 0, scopes: PermissionSet::EMPTY, ..key(60, Some(3)) };
    keep("key-unused", &KeyUsage { key: unused, days: vec![] });
}
