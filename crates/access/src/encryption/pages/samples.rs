//! The page of encryption before any turn, in the middle of one, and after it.

use sealpost_seal::KeyId;
use sealpost_seal::key::Custody;
use sealpost_store::{RootStanding, TurnStanding};
use sealpost_web::shell::testing::{NOW, keep};

use super::show::page;
use crate::encryption::{Standing, Turn};

#[test]
fn encryption_is_shown_with_what_turns() {
    let at = |path: &str| format!("/app/test{path}");
    let root = RootStanding { newest: KeyId([0xab; 8]), left: 0, turning: false };
    let standing = Standing {
        version: 1,
        versions: vec![1],
        turn: None,
        progress: None,
        root,
        custody: Custody::Clear,
        index_epoch: 10,
    };
    keep("encryption-quiet", "Encryption", "/encryption", &page(&standing, true, NOW, at));
    let turn = Turn { version: 2, begun_at: NOW, rewrapped_at: None, done_at: None };
    let turning = Standing {
        version: 2,
        versions: vec![2, 1],
        turn: Some(turn),
        progress: Some(TurnStanding { slots: 41_000, total: 1_000_000 }),
        root: RootStanding { turning: true, left: 3, ..root },
        ..standing
    };
    let text = page(&turning, false, NOW, at).to_string();
    assert!(text.contains("41000 of 1000000") && !text.contains("Turn the key…"), "{text}");
    keep("encryption-turning", "Encryption", "/encryption", &page(&turning, true, NOW, at));
    let done = Turn { rewrapped_at: Some(NOW), done_at: Some(NOW), ..turn };
    let after =
        Standing { versions: vec![2], turn: Some(done), progress: None, root, custody: Custody::AwsKms, ..turning };
    let text = page(&after, true, NOW, at).to_string();
    assert!(text.contains("AWS KMS"), "{text}");
    keep("encryption-turned", "Encryption", "/encryption", &page(&after, true, NOW, at));
}
