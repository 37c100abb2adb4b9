//! The list of tokens, with none and with several on it.

use sealpost_store::ScimTokenId;
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Row, empty};
use crate::roles::{RoleRef, Standard};
use crate::scim::ScimToken;

#[test]
fn tokens_are_listed_used_unused_and_revoked() {
    let list = |rows| ListPage {
        base: "https://sealpost.example/scim/v2".into(),
        new: Some("/app/test/scim/new".into()),
        rows,
        pager: Pager::default(),
        empty: empty("/app/test/scim/new".into()),
    };
    keep("scim-none", "Directories", "/scim", &list(vec![]));
    let token = |name: &str, used: bool, revoked: bool| ScimToken {
        id: ScimTokenId::from_bytes([7; 16]),
        name: name.into(),
        last4: "x9Qf".into(),
        role: RoleRef::Standard(Standard::Owner),
        created_at: NOW.plus_ms(-86_400_000),
        last_used_at: used.then(|| NOW.plus_ms(-60_000)),
        revoked_at: revoked.then_some(NOW),
    };
    let long = "long".repeat(25);
    let tokens = [token("Okta", true, false), token("Entra", false, false), token(&long, true, true)];
    let rows = tokens.iter().map(|token| Row::of(token, "/x".into(), NOW)).collect();
    keep("scim-many", "Directories", "/scim", &list(rows));
}
