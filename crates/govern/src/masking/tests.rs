//! What a change of the policy promises, on both engines.

use sealpost_access::masking::{self, DailyReveals, Masking, Policy, Standing};
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, both_engines};
use sealpost_web::Failure;
use serde_json::{Value, json};

use super::codes::{REASON_REQUIRED, TEST_LOOSER_THAN_LIVE};
use crate::Reason;

fn off() -> Policy {
    Policy { masking: Masking::Off, ..Policy::default() }
}

fn patterns() -> Policy {
    let rules = serde_json::from_value::<masking::Rules>(json!([{ "name": "Code", "pattern": "marker-[a-z]+" }]));
    Policy { masking: Masking::Patterns(rules.unwrap().into()), ..Policy::default() }
}

async fn change(house: &TestStore, ctx: &Ctx, policy: Policy, reason: Option<&str>) -> Result<Standing, Failure> {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let reason = reason.map(|reason| Reason::parse(reason.into()).unwrap());
    let changed = house.store.write(ctx, move |tx| super::change(tx, &keys, policy, reason.as_ref())).await?;
    match changed {
        super::Outcome::InForce(standing) => Ok(standing),
        super::Outcome::Waits(_) => panic!("nobody has said that this takes an approval"),
    }
}

async fn in_force(house: &TestStore, ctx: &Ctx) -> Standing {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    house.store.read(ctx, move |tx| masking::standing(tx, &keys)).await.unwrap()
}

/// The details of every leaf so far.
async fn details(house: &TestStore, ctx: &Ctx) -> Vec<Value> {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let leaves = house.store.ledger_leaves(ctx, 0, 100).await.unwrap();
    let open = |content: Vec<u8>| keys.open_audit(ctx.now(), ctx.request.bytes(), &content).unwrap();
    leaves.into_iter().map(|leaf| serde_json::from_slice(&open(leaf.content.unwrap())).unwrap()).collect()
}

both_engines! {
    async fn a_weaker_policy_takes_a_reason_and_a_stricter_one_does_not(house: TestStore) {
        let ctx = house.organisation().await;
        for weaker in [off(), patterns(), Policy { reveals: DailyReveals::new(201).unwrap(), ..Policy::default() }] {
            let refused = change(&house, &ctx, weaker, None).await;
            assert!(matches!(refused, Err(Failure::Refused(refusal)) if refusal.code() == &REASON_REQUIRED));
        }
        assert_eq!(in_force(&house, &ctx).await, Standing::default());
        assert!(details(&house, &ctx).await.is_empty());
        assert_eq!(change(&house, &ctx, off(), Some("migration")).await.unwrap().version, 1);
        assert_eq!(change(&house, &ctx, Policy::default(), None).await.unwrap().version, 2);
        assert_eq!(in_force(&house, &ctx).await.policy, Policy::default());
    }

    async fn every_change_is_in_the_ledger_with_what_was_and_what_is(house: TestStore) {
        let ctx = house.organisation().await;
        change(&house, &ctx, off(), Some("ticket 7")).await.unwrap();
        change(&house, &ctx, patterns(), Some("ticket 8")).await.unwrap();
        let policy = |mode: &str, rules: Value| json!({ "mode": mode, "rules": rules, "test": null, "reveals_per_day": 200 });
        let mut details = details(&house, &ctx).await;
        for change in &mut details {
            let digest = change.as_object_mut().and_then(|change| change.remove("digest"));
            assert!(digest.is_some_and(|digest| digest.as_str().is_some_and(|hex| hex.len() == 64)), "{change}");
        }
        assert_eq!(details, [
            json!({ "version": 1, "from": policy("default", Value::Null), "to": policy("off", Value::Null), "reason": "ticket 7" }),
            json!({ "version": 2, "from": policy("off", Value::Null), "to": policy("patterns", json!(["Code"])), "reason": "ticket 8" }),
        ]);
        house.break_ledger(true);
        assert!(change(&house, &ctx, off(), Some("ticket 9")).await.is_err());
        house.break_ledger(false);
        assert_eq!(in_force(&house, &ctx).await.version, 2, "no leaf, no change");
    }

    async fn test_may_hide_more_than_live_and_never_less(house: TestStore) {
        let ctx = house.organisation().await;
        let with = |live: Masking, test: Masking| Policy { masking: live, test: Some(test), ..Policy::default() };
        let patterns = patterns().masking;
        for (live, test) in [
            (Masking::Default, Masking::Off),
            (Masking::Default, patterns.clone()),
            (patterns.clone(), Masking::Off),
            (Masking::Off, patterns.clone()),
        ] {
            let refused = change(&house, &ctx, with(live, test), Some("x")).await;
            assert!(matches!(refused, Err(Failure::Refused(refusal)) if refusal.code() == &TEST_LOOSER_THAN_LIVE));
        }
        change(&house, &ctx, with(Masking::Off, Masking::Default), Some("ticket 1")).await.unwrap();
        let policy = in_force(&house, &ctx).await.policy;
        assert_eq!(policy.in_force(Environment::Test), &Masking::Default);
        assert_eq!(policy.in_force(Environment::Live), &Masking::Off);
        change(&house, &ctx, with(patterns.clone(), patterns.clone()), Some("ticket 2")).await.unwrap();
        assert_eq!(in_force(&house, &ctx).await.policy.test, Some(patterns), "rules are sealed and read in both places");
    }
}
