//! What turning a switch promises, on both engines.

use sealpost_access::masking;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, StoreError, both_engines};
use sealpost_web::Failure;
use serde_json::{Value, json};

use super::codes::{RETENTION_REASON_REQUIRED, SWITCH_ALWAYS_ON, SWITCH_UNAVAILABLE};
use super::service::{self, Seen};
use super::{Standing, Switches};
use crate::Reason;
use crate::masking::codes::{REASON_REQUIRED, TEST_LOOSER_THAN_LIVE};

async fn change(
    house: &TestStore,
    ctx: &Ctx,
    wanted: Vec<(&'static str, Value)>,
    reason: Option<&str>,
) -> Result<(), Failure> {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let reason = reason.map(|reason| Reason::parse(reason.into()).unwrap());
    let all = Switches::standard();
    house.store.write(ctx, move |tx| service::change(tx, &keys, &all, wanted, reason.as_ref())).await.map(drop)
}

async fn refused(house: &TestStore, ctx: &Ctx, wanted: Vec<(&'static str, Value)>) -> (String, String) {
    match change(house, ctx, wanted, None).await {
        Err(Failure::Refused(refusal)) => {
            let place = refusal.errors().first().map(|wrong| format!("{:?} {}", wrong.place, wrong.code));
            (refusal.code().code.to_owned(), place.unwrap_or_default())
        }
        other => panic!("{other:?}"),
    }
}

async fn all(house: &TestStore, ctx: &Ctx) -> Vec<Seen> {
    service::all(&house.store, ctx, &Switches::standard()).await.unwrap()
}

async fn acts(house: &TestStore, ctx: &Ctx) -> Vec<String> {
    let leaves = house.store.ledger_leaves(ctx, 0, 100).await.unwrap();
    leaves.iter().map(|row| sealpost_ledger::Leaf::decode(&row.leaf).unwrap().action.to_string()).collect()
}

both_engines! {
    async fn everything_is_on_or_says_that_it_is_not_there_until_somebody_decides(house: TestStore) {
        let ctx = house.organisation().await;
        let stand: Vec<_> = all(&house, &ctx).await.iter().map(|one| (one.switch.name, one.state.standing)).collect();
        assert_eq!(stand, [
            ("masking", Standing::On),
            ("payload_storage", Standing::Unavailable),
            ("approvals", Standing::Off),
            ("secure_endpoints", Standing::On),
            ("secure_media", Standing::Unavailable),
            ("ledger", Standing::On),
        ]);
    }

    async fn a_change_says_who_and_why_and_leaves_the_rest(house: TestStore) {
        let ctx = house.organisation().await;
        change(&house, &ctx, vec![("masking", json!({ "mode": "off", "reveals_per_day": 9 }))], Some("ticket 1")).await.unwrap();
        change(&house, &ctx, vec![("masking", json!({ "test": { "mode": "default" } }))], None).await.unwrap();
        let seen = all(&house, &ctx).await;
        assert_eq!(seen[0].state.standing, Standing::Partly);
        assert_eq!(seen[0].state.settings["mode"], "off");
        assert_eq!(seen[0].state.settings["test"]["mode"], "default");
        assert_eq!(seen[0].state.settings["reveals_per_day"], 9, "what isn't named stays");
        assert_eq!((seen[0].reason(), seen[0].last.as_ref().map(|entry| entry.seq)), (None, Some(1)));
        change(&house, &ctx, vec![("masking", json!({ "test": { "mode": "as_live" } }))], Some("ticket 2")).await.unwrap();
        let seen = all(&house, &ctx).await;
        assert_eq!((seen[0].state.standing, seen[0].reason().as_deref()), (Standing::Off, Some("ticket 2")));
        assert!(seen[5].last.is_none());
    }

    async fn several_switches_are_turned_together_or_not_at_all(house: TestStore) {
        let ctx = house.organisation().await;
        let both = |days| vec![("masking", json!({ "mode": "off" })), ("ledger", json!({ "details_days": days }))];
        assert_eq!(refused(&house, &ctx, both(90)).await.0, REASON_REQUIRED.code);
        assert!(change(&house, &ctx, both(7), Some("x")).await.is_err(), "a week is too short");
        assert!(acts(&house, &ctx).await.is_empty() && all(&house, &ctx).await[0].state.standing == Standing::On);
        change(&house, &ctx, both(90), Some("x")).await.unwrap();
        assert_eq!(acts(&house, &ctx).await, ["masking.change", "security.change"]);
    }

    async fn what_can_not_be_switched_says_so(house: TestStore) {
        let ctx = house.organisation().await;
        for (name, value, code, place) in [
            ("secure_endpoints", json!(false), SWITCH_ALWAYS_ON.code, "/secure_endpoints"),
            ("approvals", json!({ "modules": { "weather": {} } }), "body_invalid", "/approvals"),
            ("secure_media", json!(null), SWITCH_UNAVAILABLE.code, "/secure_media"),
            ("masking", json!({ "mode": "loud" }), "body_invalid", "/masking"),
            ("masking", json!({ "mode": "patterns" }), "masking_rules_misplaced", "/masking/rules"),
            ("masking", json!({ "test": { "mode": "off" } }), TEST_LOOSER_THAN_LIVE.code, "/masking/test"),
            ("masking", json!({ "mode": "patterns", "rules": [{ "name": "a", "pattern": "(" }] }), "body_invalid", "pattern_invalid"),
            ("ledger", json!({ "details_days": 90 }), RETENTION_REASON_REQUIRED.code, "/reason"),
            ("ledger", json!({ "details_days": "marker" }), "body_invalid", "field_invalid"),
        ] {
            let (is, at) = refused(&house, &ctx, vec![(name, value)]).await;
            assert!(is == code && at.contains(place), "{name}: {is} {at}");
        }
        assert_eq!(refused(&house, &ctx, vec![]).await.0, "body_invalid");
        assert!(acts(&house, &ctx).await.is_empty());
    }

    async fn details_are_kept_for_as_long_as_the_organisation_says(house: TestStore) {
        let (ctx, others) = (house.organisation().await, house.organisation().await);
        change(&house, &ctx, vec![("ledger", json!({ "details_days": 30 }))], Some("marker")).await.unwrap();
        change(&house, &others, vec![("ledger", json!({ "details_days": 365 }))], Some("marker")).await.unwrap();
        house.store.checkpoint().await.unwrap();
        house.clock.advance_ms(31 * 86_400_000);
        assert_eq!(crate::audit::prune(&house.store, 90).await.unwrap(), 1, "the first one's");
        assert!(all(&house, &ctx).await[5].reason().is_none(), "why is gone, that it was done is not");
        assert!(all(&house, &ctx).await[5].last.is_some());
        house.clock.advance_ms(100 * 86_400_000);
        assert_eq!(crate::audit::prune(&house.store, 90).await.unwrap(), 0);
        assert_eq!(all(&house, &others).await[5].reason().as_deref(), Some("marker"));
        change(&house, &others, vec![("ledger", json!({ "details_days": 400 }))], None).await.unwrap();
    }

    async fn the_policy_is_the_one_of_the_masking_routes(house: TestStore) {
        let ctx = house.organisation().await;
        change(&house, &ctx, vec![("masking", json!({ "mode": "off" }))], Some("x")).await.unwrap();
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let standing = house.store.read::<_, StoreError>(&ctx, move |tx| masking::standing(tx, &keys)).await.unwrap();
        assert_eq!((standing.policy.masking.word(), standing.version), ("off", 1));
    }
}
