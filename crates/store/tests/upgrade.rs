//! What a migration does with what was there before it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use sealpost_store::testing::TestStore;

/// Takes the migration back: what it made is gone, and it will run again.
const BEFORE_LAST4: &str = "drop table contact_last4; delete from migration where number = 3";

#[tokio::test(flavor = "multi_thread")]
async fn contacts_with_a_number_wait_for_their_bucket_after_the_upgrade_on_sqlite() {
    let house = TestStore::sqlite().await;
    let [data, keys] = support::sqlite(&house);
    data.execute_batch(BEFORE_LAST4).unwrap();
    let insert =
        "insert into contact (org, env, id, slot, phone, created_at, updated_at) values (?1, ?2, ?3, ?3, ?4, 1, 1)";
    for (env, id, phone) in [("test", 1_u8, Some(vec![7_u8])), ("live", 2, Some(vec![7])), ("test", 3, None)] {
        data.execute(insert, ([9_u8; 16], env, [id; 16], phone)).unwrap();
    }
    drop((data, keys));
    let house = house.reopened().await;
    let [data, _] = support::sqlite(&house);
    let mut waiting =
        data.prepare("select org, env, epoch, bucket, contact from contact_last4 order by contact").unwrap();
    let waiting: Vec<([u8; 16], String, i64, Vec<u8>, [u8; 16])> = waiting
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let row = |env: &str, id: u8| ([9; 16], env.to_owned(), -1, vec![], [id; 16]);
    assert_eq!(waiting, [row("test", 1), row("live", 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_with_a_number_wait_for_their_bucket_after_the_upgrade_on_postgresql() {
    let Some(house) = TestStore::postgres().await else { return };
    let [data, _] = support::postgres(&house).await;
    data.batch_execute(BEFORE_LAST4).await.unwrap();
    let [ours, theirs] = [[8_u8; 16], [9; 16]].map(uuid::Uuid::from_bytes);
    for (org, id, phone) in [(ours, 1_u8, "'\\x07'"), (theirs, 2, "'\\x07'"), (ours, 3, "null")] {
        let id = uuid::Uuid::from_bytes([id; 16]);
        let insert = format!(
            "set app.org = '{org}'; insert into contact (org, env, id, slot, phone, created_at, updated_at)
             values ('{org}', 'test', '{id}', '{id}', {phone}, 1, 1)"
        );
        data.batch_execute(&insert).await.unwrap();
    }
    house.another_node().await.unwrap();
    for (org, id) in [(ours, 1_u8), (theirs, 2)] {
        data.batch_execute(&format!("set app.org = '{org}'")).await.unwrap();
        let query = "select org::text, env, epoch, bucket, contact::text from contact_last4";
        let waiting: Vec<(String, String, i64, Vec<u8>, String)> = data
            .query(query, &[])
            .await
            .unwrap()
            .iter()
            .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)))
            .collect();
        let contact = uuid::Uuid::from_bytes([id; 16]).to_string();
        assert_eq!(waiting, [(org.to_string(), "test".to_owned(), -1, vec![], contact)]);
    }
}

/// Takes the migration back, as above.
const BEFORE_ALIKE: &str = "drop table contact_alike; drop table contact_pair; drop index contact_merged; \
                            alter table contact drop column merged_into; alter table contact drop column merged_at; \
                            alter table erasure drop column merged; delete from migration where number = 20";

#[tokio::test(flavor = "multi_thread")]
async fn contacts_with_an_address_wait_to_be_compared_after_the_upgrade_on_sqlite() {
    let house = TestStore::sqlite().await;
    let [data, keys] = support::sqlite(&house);
    data.execute_batch(BEFORE_ALIKE).unwrap();
    let insert = "insert into contact (org, env, id, slot, email, external_id, created_at, updated_at) \
                  values (?1, 'test', ?2, ?2, ?3, ?4, 1, 1)";
    for (id, email, external) in [(1_u8, Some(vec![7_u8]), None), (2, None, Some(vec![7_u8]))] {
        data.execute(insert, ([9_u8; 16], [id; 16], email, external)).unwrap();
    }
    drop((data, keys));
    let house = house.reopened().await;
    let [data, _] = support::sqlite(&house);
    let mut waiting = data.prepare("select epoch, value, contact from contact_alike").unwrap();
    let waiting: Vec<(i64, Vec<u8>, [u8; 16])> =
        waiting.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap().map(Result::unwrap).collect();
    assert_eq!(waiting, [(-1, vec![], [1; 16])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_with_an_address_wait_to_be_compared_after_the_upgrade_on_postgresql() {
    let Some(house) = TestStore::postgres().await else { return };
    let [data, _] = support::postgres(&house).await;
    data.batch_execute(BEFORE_ALIKE).await.unwrap();
    let (org, id) = (uuid::Uuid::from_bytes([8; 16]), uuid::Uuid::from_bytes([1; 16]));
    let insert = format!(
        "set app.org = '{org}'; insert into contact (org, env, id, slot, email, created_at, updated_at)
         values ('{org}', 'test', '{id}', '{id}', '\\x07', 1, 1)"
    );
    data.batch_execute(&insert).await.unwrap();
    house.another_node().await.unwrap();
    let waiting = data.query("select epoch, value, contact::text from contact_alike", &[]).await.unwrap();
    let waiting: Vec<(i64, Vec<u8>, String)> = waiting.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    assert_eq!(waiting, [(-1, vec![], id.to_string())]);
}

/// Takes the migration back, as above.
const BEFORE_SECRETS: &str = "drop table secret_card; drop table secret_change; alter table secret drop column fingerprint; \
                              delete from migration where number = 9";

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_called_after_what_they_are_for_after_the_upgrade_on_sqlite() {
    let house = TestStore::sqlite().await;
    let [data, keys] = support::sqlite(&house);
    data.execute_batch(BEFORE_SECRETS).unwrap();
    let insert = "insert into secret (org, env, id, purpose, version, encoding, imported, sealed, created_at) \
                  values (?1, 'test', ?2, 'smtp.password', ?3, 'text', ?3 - 1, x'07', ?4)";
    for (version, at) in [(1_i64, 5_i64), (2, 7)] {
        data.execute(insert, rusqlite::params![[9_u8; 16], [171_u8; 16], version, at]).unwrap();
    }
    drop((data, keys));
    let house = house.reopened().await;
    let [data, _] = support::sqlite(&house);
    let card = data.query_row("select name, remind_days, created_at, updated_at from secret_card", [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?))
    });
    assert_eq!(card.unwrap(), ("smtp-password-abababababab".to_owned(), 90, 5, 7));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_called_after_what_they_are_for_after_the_upgrade_on_postgresql() {
    let Some(house) = TestStore::postgres().await else { return };
    let [data, _] = support::postgres(&house).await;
    data.batch_execute(BEFORE_SECRETS).await.unwrap();
    let (org, id) = (uuid::Uuid::from_bytes([9; 16]), uuid::Uuid::from_bytes([171; 16]));
    for (version, at) in [(1, 5), (2, 7)] {
        let insert = format!(
            "set app.org = '{org}'; insert into secret (org, env, id, purpose, version, encoding, imported, sealed, created_at)
             values ('{org}', 'test', '{id}', 'smtp.password', {version}, 'text', {version} - 1, '\\x07', {at})"
        );
        data.batch_execute(&insert).await.unwrap();
    }
    house.another_node().await.unwrap();
    data.batch_execute(&format!("set app.org = '{org}'")).await.unwrap();
    let row = data.query_one("select name, remind_days, created_at, updated_at from secret_card", &[]).await.unwrap();
    let card: (String, i64, i64, i64) = (row.get(0), row.get(1), row.get(2), row.get(3));
    assert_eq!(card, ("smtp-password-abababababab".to_owned(), 90, 5, 7));
}

/// Takes the migration back, as above.
const BEFORE_STORAGE: &str = "drop table storage_policy; drop table storage_purge; drop table storage_mark; drop table storage_turn; \
                              drop table legal_hold; drop table legal_hold_item; drop table volatile_message; \
                              drop table volatile_holder; drop index message_going; \
                              alter table message drop column storage; alter table message drop column gone; \
                              alter table message drop column opening; alter table message drop column digest; \
                              alter table message drop column commitment; alter table message drop column unsubscribes; \
                              alter table message drop column leaf; delete from migration where number = 11";

/// A message as it was stored before: who, what, which way.
const OLD_MESSAGE: &str = "insert into message (org, env, id, contact, event, event_version, template, template_version, channel, class, \
                           state, slot, recipient, payload, decision, attempts, created_at, updated_at) values ";

#[tokio::test(flavor = "multi_thread")]
async fn messages_from_before_are_as_they_were_after_the_upgrade_on_sqlite() {
    let house = TestStore::sqlite().await;
    let [data, keys] = support::sqlite(&house);
    data.execute_batch(BEFORE_STORAGE).unwrap();
    let values = "(?1, 'test', ?1, ?1, ?1, 1, ?1, 1, 'sms', 'otp', 'delivered', ?1, x'07', x'08', '{}', 1, 5, 7)";
    data.execute(&format!("{OLD_MESSAGE}{values}"), [[9_u8; 16]]).unwrap();
    drop((data, keys));
    let house = house.reopened().await;
    let [data, _] = support::sqlite(&house);
    let row = data.query_row("select recipient, payload, storage, gone, commitment from message", [], |row| {
        let rules: [Option<String>; 2] = [row.get(2)?, row.get(3)?];
        Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?, rules, row.get::<_, Option<Vec<u8>>>(4)?))
    });
    assert_eq!(row.unwrap(), (vec![7], vec![8], [None, None], None));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_from_before_are_as_they_were_after_the_upgrade_on_postgresql() {
    let Some(house) = TestStore::postgres().await else { return };
    let [data, _] = support::postgres(&house).await;
    data.batch_execute(BEFORE_STORAGE).await.unwrap();
    let id = uuid::Uuid::from_bytes([9; 16]);
    let values = format!(
        "('{id}', 'test', '{id}', '{id}', '{id}', 1, '{id}', 1, 'sms', 'otp', 'delivered', '{id}', '\\x07', '\\x08', '{{}}', 1, 5, 7)"
    );
    data.batch_execute(&format!("set app.org = '{id}'; {OLD_MESSAGE}{values}")).await.unwrap();
    house.another_node().await.unwrap();
    data.batch_execute(&format!("set app.org = '{id}'")).await.unwrap();
    let row = data.query_one("select recipient, payload, storage, gone, commitment from message", &[]).await.unwrap();
    let kept: (Vec<u8>, Vec<u8>) = (row.get(0), row.get(1));
    let rules: (Option<String>, Option<String>, Option<Vec<u8>>) = (row.get(2), row.get(3), row.get(4));
    assert_eq!((kept, rules), ((vec![7], vec![8]), (None, None, None)));
}
