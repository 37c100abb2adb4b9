//! The rules alone.

use proptest::prelude::*;
use sealpost_seal::token::KeyKind;
use sealpost_store::{ApiKeyId, Environment, Time};
use sealpost_web::PermissionSet;

use crate::api_keys::day::DAY_MS;
use crate::api_keys::model::{ApiKey, Ceiling, KeyMask, KeyName, KeyState, Lifetime, NewKey};
use crate::api_keys::rules::{KeyRefused, Reminder, may_grant, may_use, reminder, slept, state};
use crate::api_keys::{BadKeyField, Cidrs};
use crate::permissions::{ALL, CONTACTS_READ, EVERYTHING, KEYS_MANAGE, MESSAGES_SEND};

/// Makes a key of somebody with these scopes and this mask.
fn grant(
    (scopes, mask): (PermissionSet, KeyMask),
    kind: KeyKind,
    (wanted, wanted_mask): (PermissionSet, KeyMask),
) -> Result<(), KeyRefused> {
    let new = NewKey {
        name: KeyName::parse("A").unwrap(),
        kind,
        scopes: wanted,
        mask: wanted_mask,
        lifetime: Lifetime::default(),
        cidrs: Cidrs::default(),
    };
    may_grant(Ceiling { scopes, mask }, &new)
}

fn key(expires: i64, revoked: Option<i64>, successor: bool) -> ApiKey {
    ApiKey {
        id: ApiKeyId::from_bytes([1; 16]),
        environment: Environment::Test,
        kind: KeyKind::Secret,
        name: KeyName::parse("A").unwrap(),
        last4: "0000".into(),
        scopes: EVERYTHING,
        mask: KeyMask::Full,
        cidrs: Cidrs::default(),
        created_at: Time::from_unix_ms(0),
        expires_at: Time::from_unix_ms(expires),
        revoked_at: revoked.map(Time::from_unix_ms),
        successor: successor.then_some(ApiKeyId::from_bytes([2; 16])),
        uses: 0,
        last_use: None,
    }
}

fn set(bits: &[bool]) -> PermissionSet {
    let chosen: Vec<_> = ALL.iter().zip(bits).filter(|(_, chosen)| **chosen).map(|(p, _)| *p).collect();
    PermissionSet::of(&chosen)
}

proptest! {
    #[test]
    fn a_revoked_key_is_never_believed_and_no_key_outlives_its_end(
        expires in 0_i64..100, revoked in proptest::option::of(0_i64..100), successor: bool, now in 0_i64..100, browser: bool,
    ) {
        let key = key(expires, revoked, successor);
        let allowed = may_use(&key, Time::from_unix_ms(now), "192.0.2.1".parse().unwrap(), browser).is_ok();
        prop_assert_eq!(allowed, revoked.is_none() && now < expires && !browser);
    }

    #[test]
    fn reminders_only_ever_come_nearer_to_the_end(
        life in 1_i64..=366, hours in prop::collection::vec(1_i64..=30 * 24, 1..40),
    ) {
        let key = key(life * DAY_MS, None, false);
        let (mut now, mut last) = (0, u16::MAX);
        for step in hours {
            now += step * DAY_MS / 24;
            let Some(reminder) = reminder(&key, Time::from_unix_ms(now)) else {
                prop_assert!(now < life * DAY_MS && last == u16::MAX);
                continue;
            };
            prop_assert!(reminder.mark() <= last);
            prop_assert_eq!(reminder == Reminder::Ended, now >= life * DAY_MS);
            if let Reminder::Ending { days_left, .. } = reminder {
                let left = i64::from(days_left) * DAY_MS;
                prop_assert!(now + left >= life * DAY_MS && now + left - DAY_MS < life * DAY_MS);
                prop_assert!(days_left <= reminder.mark() && i64::from(reminder.mark()) < life);
            }
            last = reminder.mark();
        }
    }

    #[test]
    fn nobody_grants_what_they_do_not_have(ceiling in prop::collection::vec(any::<bool>(), 21), wanted in prop::collection::vec(any::<bool>(), 21)) {
        let (ceiling, wanted) = (set(&ceiling), set(&wanted));
        match grant((ceiling, KeyMask::Full), KeyKind::Secret, (wanted, KeyMask::Full)) {
            Ok(()) => prop_assert!(wanted.is_subset(ceiling) && !wanted.is_empty()),
            Err(KeyRefused::ScopesExceeded(over)) => {
                prop_assert!(!over.is_empty() && over.is_subset(wanted) && over.intersection(ceiling).is_empty());
            }
            Err(other) => prop_assert!(other == KeyRefused::NoScopes && wanted.is_empty()),
        }
    }
}

#[test]
fn a_publishable_key_holds_nothing_personal_whoever_makes_it() {
    let everything = (EVERYTHING, KeyMask::First3Last4);
    let publishable = |scopes, mask| grant(everything, KeyKind::Publishable, (scopes, mask));
    let refused = publishable(PermissionSet::of(&[CONTACTS_READ]), KeyMask::Full);
    assert_eq!(refused, Err(KeyRefused::NotPublishable(PermissionSet::of(&[CONTACTS_READ]))));
    assert_eq!(publishable(PermissionSet::EMPTY, KeyMask::Full), Ok(()));
    assert_eq!(publishable(PermissionSet::EMPTY, KeyMask::Last4), Err(KeyRefused::MaskExceeded(KeyMask::Full)));
    let own = (PermissionSet::of(&[KEYS_MANAGE]), KeyMask::Full);
    assert!(grant(own, KeyKind::Secret, (PermissionSet::of(&[MESSAGES_SEND]), KeyMask::Full)).is_err());
}

#[test]
fn nobody_gives_a_key_more_sight_than_they_have() {
    for own in KeyMask::ALL {
        for wanted in KeyMask::ALL {
            let granted = grant((EVERYTHING, own), KeyKind::Secret, (EVERYTHING, wanted));
            assert_eq!(granted, if wanted > own { Err(KeyRefused::MaskExceeded(own)) } else { Ok(()) });
        }
    }
}

#[test]
fn a_state_says_what_to_do_next() {
    let at = Time::from_unix_ms;
    assert_eq!(state(&key(10, None, false), at(9)), KeyState::Active);
    assert_eq!(state(&key(10, None, false), at(10)), KeyState::Expired { at: at(10) });
    assert_eq!(state(&key(10, Some(5), true), at(6)), KeyState::Revoked { at: at(5) });
    let successor = ApiKeyId::from_bytes([2; 16]);
    assert_eq!(state(&key(10, None, true), at(20)), KeyState::Rotated { until: at(10), successor });
}

#[test]
fn a_key_sleeps_after_30_days_without_a_use_or_since_it_was_made() {
    let day = |days: i64| Time::from_unix_ms(days * DAY_MS);
    assert_eq!(slept(day(0), Some(day(10)), day(40).plus_ms(-1)), None);
    assert_eq!(slept(day(0), Some(day(10)), day(40)), Some(30));
    assert_eq!((slept(day(0), None, day(29)), slept(day(0), None, day(31))), (None, Some(31)));
    assert_eq!(slept(day(50), None, day(0)), None, "a clock that went back");
}

#[test]
fn names_and_lifetimes_have_bounds() {
    assert!(KeyName::parse("Shop").is_ok());
    assert_eq!(KeyName::parse(" Shop"), Err(BadKeyField::Name));
    assert_eq!(KeyName::parse(""), Err(BadKeyField::Name));
    assert_eq!((Lifetime::days(0), Lifetime::days(367)), (Err(BadKeyField::Lifetime), Err(BadKeyField::Lifetime)));
    assert!(Lifetime::days(366).is_ok());
}
