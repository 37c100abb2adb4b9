//! Details that are too old.

use sealpost_store::both_engines;
use serde_json::json;

use super::house::House;
use crate::audit::{export, prune, verify};

const DAY_MS: i64 = 86_400_000;

both_engines! {
    async fn details_go_after_their_days_and_the_tree_still_verifies(test: TestStore) {
        let house = House::new(test).await;
        house.act(&house.ctx, 3).await;
        house.store().checkpoint().await.unwrap();
        house.test.clock.advance_ms(90 * DAY_MS);
        house.act(&house.ctx, 2).await;
        house.store().checkpoint().await.unwrap();
        let key = house.key(&house.ctx).await;
        assert_eq!(prune(house.store(), 90).await.unwrap(), 0, "not before their time");

        house.test.clock.advance_ms(1);
        assert_eq!(prune(house.store(), 90).await.unwrap(), 3);
        assert_eq!(prune(house.store(), 90).await.unwrap(), 0, "once");
        let entries = house.entries(&key, "action=message").await;
        let seen: Vec<_> = entries.iter().map(|entry| (&entry["pruned"], &entry["details"], &entry["damaged"])).collect();
        let (gone, there) = (json!(true), json!(false));
        let (first, second) = (json!({ "number": 1 }), json!({ "number": 0 }));
        let null = json!(null);
        assert_eq!(seen[..2], [(&there, &first, &there), (&there, &second, &there)]);
        assert_eq!(seen[2..], [(&gone, &null, &there); 3]);

        let mut file = Vec::new();
        export(house.store(), &house.ctx, &mut file).await.unwrap();
        let report = verify(file.as_slice(), &house.store().verifier_key().unwrap(), &[]).unwrap();
        assert_eq!(report.pruned_contents, 3);
    }

    async fn what_no_checkpoint_covers_keeps_its_details_however_old(test: TestStore) {
        let house = House::new(test).await;
        house.act(&house.ctx, 2).await;
        house.test.clock.advance_ms(400 * DAY_MS);
        assert_eq!(prune(house.store(), 90).await.unwrap(), 0);
        house.store().checkpoint().await.unwrap();
        assert_eq!(prune(house.store(), 90).await.unwrap(), 0, "their age counts from the checkpoint");
        house.test.clock.advance_ms(91 * DAY_MS);
        assert_eq!(prune(house.store(), 90).await.unwrap(), 2);
    }
}
