//! The page of what is stored: nothing, much, and with holds and purges.

use std::collections::BTreeMap;

use sealpost_store::{ContactId, Environment, LegalHoldId, MessageId, PurgeId};
use sealpost_web::shell::testing::{NOW, keep};

use super::show::{Seen, hold_line, page, purge_line};
use crate::events::Class;
use crate::storage::model::{ByClass, Days, Mode, Policy, Rule, Standing};
use crate::storage::preview::Horizon;
use crate::storage::store::{Hold, Purge};

fn horizon(class: Class, stored: u64, months: u64) -> Horizon {
    let months: BTreeMap<String, u64> =
        (0..months).map(|month| (format!("2026-{:02}", month + 1), stored / months.max(1))).collect();
    Horizon { class, stored, now: stored / 10, months }
}

#[test]
fn what_is_stored_is_shown_with_what_keeps_it() {
    let at = |path: &str| Some(format!("/app/test{path}"));
    let nothing = Seen {
        standing: Standing::default(),
        horizon: Class::ALL.map(|class| horizon(class, 0, 0)).into(),
        environment: Environment::Test,
        holds: Vec::new(),
        purges: Vec::new(),
    };
    let shown = page(nothing, NOW, at);
    assert!(shown.purge.is_none() && shown.classes.iter().all(|class| class.says == "kept for 90 days"));
    keep("storage-nothing", "Storage", "/storage", &shown);
    let never = Rule { mode: Mode::Never, days: Days::default() };
    let until = Rule { mode: Mode::UntilDelivered, days: Days::default() };
    let rules = ByClass { otp: never, transactional: until, marketing: Rule::default() };
    let hold = |lifted| Hold {
        id: LegalHoldId::from_bytes([1; 16]),
        contact: Some(ContactId::from_bytes([1; 16])),
        items: 1,
        reason: Vec::new(),
        created_at: NOW,
        lifted_at: lifted,
    };
    let set = Hold { contact: None, items: 1_000, ..hold(None) };
    let why = || Some("Case <b> 24-117, أدا".to_owned());
    let purge = Purge {
        id: PurgeId::from_bytes([1; 16]),
        class: Class::Otp,
        through: MessageId::from_bytes([1; 16]),
        reached: MessageId::from_bytes([0; 16]),
        shredded: 12_345,
        created_at: NOW,
        done_at: None,
    };
    let much = Seen {
        standing: Standing { policy: Policy { live: rules, test: rules }, version: 3, since: Some(NOW) },
        horizon: vec![
            horizon(Class::Otp, 120, 3),
            horizon(Class::Transactional, 1_200_000, 9),
            horizon(Class::Marketing, 90_000, 20),
        ],
        environment: Environment::Live,
        holds: vec![
            hold_line(&hold(None), why(), at("/contacts/x"), at("/storage/holds/x/lift"), NOW),
            hold_line(&set, None, None, None, NOW),
            hold_line(&hold(Some(NOW)), why(), None, None, NOW),
        ],
        purges: vec![purge_line(&purge, NOW), purge_line(&Purge { done_at: Some(NOW), ..purge }, NOW)],
    };
    let shown = page(much, NOW, at);
    assert!(shown.purge.is_some());
    keep("storage-much", "Storage", "/storage", &shown);
}
