//! Reading entries.

use sealpost_store::{Leaf, StoreError, both_engines, org_sql};
use serde_json::{Value, json};

use super::house::House;

fn texts<'v>(entries: &'v [Value], member: &str) -> Vec<&'v str> {
    entries.iter().map(|entry| entry[member].as_str().unwrap()).collect()
}

both_engines! {
    async fn an_entry_says_who_did_what_to_which_thing(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(&house.ctx).await;
        let message = house.act(&house.ctx, 1).await;
        let entries = house.entries(&key, "").await;
        assert_eq!(texts(&entries, "action"), ["ledger.read", "message.accept", "key.create"]);
        let (read, accept) = (&entries[0], &entries[1]);
        assert_eq!((&read["actor_kind"], &read["actor"]), (&json!("key"), &json!(key.key.id)));
        assert_eq!(accept["target"], json!(message));
        assert_eq!((&accept["seq"], &accept["result"], &accept["environment"]), (&json!(1), &json!("ok"), &json!("test")));
        assert_eq!(accept["details"], json!({ "number": 0 }));
        assert_eq!((&accept["pruned"], &accept["damaged"]), (&json!(false), &json!(false)));
        assert_eq!(accept["request_id"], json!(house.ctx.request));
        assert_eq!(accept["at"], json!(house.ctx.now()));
        assert_eq!(accept["leaf_hash"].as_str().unwrap().len(), 64);
    }

    async fn a_filter_fits_all_that_it_names(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(&house.ctx).await;
        house.act(&house.ctx, 2).await;
        house.test.clock.advance_ms(10_000);
        let message = house.act(&house.ctx, 1).await;
        let denied = house.store().write(&house.ctx, |tx| {
            Ok::<_, StoreError>(tx.record(Leaf::of("access.deny").denied("key_expired"), ()))
        });
        denied.await.unwrap();
        let later = house.ctx.now();
        for (query, count) in [
            ("action=message.accept".to_owned(), 3),
            ("action=message".to_owned(), 3),
            ("action=mess".to_owned(), 0),
            (format!("target={message}"), 1),
            ("result=denied".to_owned(), 1),
            ("reason=key_expired".to_owned(), 1),
            ("reason=key".to_owned(), 0),
            (format!("request_id={}", house.ctx.request), 5),
            (format!("request_id={}", sealpost_store::RequestId::from_bytes([9; 16])), 0),
            (format!("action=message&from={later}"), 1),
            (format!("action=message&to={later}"), 2),
            (format!("actor={}", key.key.id), 1),
            ("actor_kind=operator".to_owned(), 0),
            ("environment=live".to_owned(), 0),
        ] {
            assert_eq!(house.entries(&key, &query).await.len(), count, "{query}");
        }
        for bad in ["actor_kind=god", "target=nonsense", "from=yesterday", "colour=red"] {
            assert_eq!(house.get(&key, &format!("/v1/ledger/entries?{bad}")).await.0, 400, "{bad}");
        }
    }

    async fn pages_lead_through_the_whole_ledger_even_where_the_filter_fits_little(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(&house.ctx).await;
        house.act(&house.ctx, 7).await;
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let (status, page) = house.get(&key, &format!("/v1/ledger/entries?limit=2&action=message{cursor}")).await;
            assert_eq!(status, 200, "{page}");
            seen.extend(page["data"].as_array().unwrap().iter().map(|entry| entry["seq"].as_u64().unwrap()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
    }

    async fn reading_is_recorded_once_a_minute_for_each_reader(test: TestStore) {
        let house = House::new(test).await;
        let (one, other) = (house.key(&house.ctx).await, house.key(&house.ctx).await);
        for _ in 0..3 {
            house.entries(&one, "").await;
        }
        house.entries(&other, "").await;
        assert_eq!(house.entries(&one, "action=ledger.read").await.len(), 2);
        house.test.clock.advance_ms(60_000);
        assert_eq!(house.entries(&one, "action=ledger.read").await.len(), 3);
    }

    async fn a_proof_shows_a_leaf_and_is_recorded_as_reading_it(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(&house.ctx).await;
        let size = || async { house.store().ledger_head(&house.ctx).await.unwrap().unwrap().0.frontier.size() };
        assert_eq!(size().await, 1);
        let (_, proof) = house.get(&key, "/v1/ledger/proof?seq=0&size=1").await;
        assert!(proof["leaf"].is_string(), "{proof}");
        assert_eq!(size().await, 2);
    }

    async fn what_can_not_be_recorded_can_not_be_read(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(&house.ctx).await;
        house.test.break_ledger(true);
        assert_eq!(house.get(&key, "/v1/ledger/entries").await.0, 503);
    }

    async fn others_see_nothing_and_a_test_key_nothing_live(test: TestStore) {
        let house = House::new(test).await;
        let foreign = house.test.organisation().await;
        house.act(&foreign, 3).await;
        house.act(&house.live(), 2).await;
        let (test_key, live_key) = (house.key(&house.ctx).await, house.key(&house.live()).await);
        assert_eq!(texts(&house.entries(&test_key, "").await, "environment"), ["test", "test"]);
        assert_eq!(house.entries(&test_key, "action=message").await.len(), 0);
        assert_eq!(house.entries(&live_key, "action=message").await.len(), 2, "its own, and not the three of the others");
        let (_, proof) = house.get(&test_key, "/v1/ledger/proof?seq=0&size=2").await;
        assert_eq!(proof["leaf"], Value::Null, "a proof holds hashes, not what may not be seen");
    }

    async fn pruned_details_are_said_to_be_gone_and_changed_ones_to_be_damaged(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(&house.ctx).await;
        house.act(&house.ctx, 3).await;
        house.store().maintain::<_, StoreError>(&house.ctx, |tx| {
            tx.execute(org_sql!("update ledger_leaf set content = null where org = $1 and seq = 1"), &[])?;
            tx.execute(
                org_sql!("update ledger_leaf set content = (select l.content from ledger_leaf l where l.org = $1 and l.seq = 3)
                          where org = $1 and seq = 2"),
                &[],
            )?;
            tx.execute(org_sql!("update ledger_leaf set leaf = $2 where org = $1 and seq = 3"), &[&vec![1_u8, 2, 3]])
        }).await.unwrap();
        let entries = house.entries(&key, "action=message").await;
        let flags: Vec<_> = entries.iter().map(|e| (e["seq"].as_u64().unwrap(), e["pruned"].as_bool(), e["damaged"].as_bool().unwrap())).collect();
        assert_eq!(flags, [(3, None, true), (2, Some(false), true), (1, Some(true), false)]);
        assert_eq!(entries[1]["details"], Value::Null);
    }
}
