//! What secrets promise, on both engines.

use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, Leaf, SecretId, StoreError, both_engines, sql};

use crate::secrets::*;

const SIGNING: Purpose = Purpose::new("endpoint.signing");
const PASSWORD: Purpose = Purpose::new("smtp.password");

fn secret(value: &str) -> NewSecret {
    NewSecret::new(SecretText::new(value.to_owned()), KeyEncoding::Text, Origin::Generated).unwrap()
}

async fn made(house: &TestStore, ctx: &Ctx, value: &str) -> SecretId {
    let (keys, new) = (house.store.keys().organisation(ctx.org.id).await.unwrap(), secret(value));
    let write = house.store.write(ctx, move |tx| {
        let id = create(tx, &keys, SIGNING, new)?;
        Ok::<_, StoreError>(tx.record(Leaf::of("endpoint.create"), id))
    });
    write.await.unwrap()
}

async fn rotated(house: &TestStore, ctx: &Ctx, id: SecretId, value: &str, overlap: Overlap) -> Result<u32, StoreError> {
    let (keys, new) = (house.store.keys().organisation(ctx.org.id).await.unwrap(), secret(value));
    let write = house.store.write(ctx, move |tx| {
        let number = rotate(tx, &keys, id, SIGNING, new, overlap)?;
        Ok(tx.record(Leaf::of("endpoint.rotate"), number))
    });
    write.await
}

async fn values(house: &TestStore, ctx: &Ctx, id: SecretId, purpose: Purpose) -> Result<Vec<String>, StoreError> {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let found = house.store.read(ctx, move |tx| usable(tx, &keys, id, purpose)).await?;
    Ok(found.iter().map(|version| version.value.expose().to_owned()).collect())
}

both_engines! {
    async fn a_rotated_secret_is_used_beside_the_new_one_until_the_overlap_ends(house: TestStore) {
        let ctx = house.organisation().await;
        let id = made(&house, &ctx, "first").await;
        assert_eq!(values(&house, &ctx, id, SIGNING).await.unwrap(), ["first"]);
        assert_eq!(rotated(&house, &ctx, id, "second", Overlap::seconds(60).unwrap()).await.unwrap(), 2);
        assert_eq!(values(&house, &ctx, id, SIGNING).await.unwrap(), ["second", "first"]);
        house.clock.advance_ms(60_000);
        assert_eq!(values(&house, &ctx, id, SIGNING).await.unwrap(), ["second"]);
        assert_eq!(rotated(&house, &ctx, id, "third", Overlap::NONE).await.unwrap(), 3);
        assert_eq!(values(&house, &ctx, id, SIGNING).await.unwrap(), ["third"]);
    }

    async fn a_secret_serves_its_own_purpose_organisation_and_environment_only(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let id = made(&house, &ours, "first").await;
        let mut live = ours.clone();
        live.org.environment = Environment::Live;
        for (ctx, purpose) in [(&ours, PASSWORD), (&theirs, SIGNING), (&live, SIGNING)] {
            assert!(matches!(values(&house, ctx, id, purpose).await, Err(StoreError::Missing("secret"))));
        }
        assert!(rotated(&house, &theirs, id, "stolen", Overlap::NONE).await.is_err());
    }

    async fn a_value_copied_to_another_secret_does_not_open(house: TestStore) {
        let ctx = house.organisation().await;
        let (one, other) = (made(&house, &ctx, "one").await, made(&house, &ctx, "other").await);
        house.store.maintain(&ctx, move |tx| tx.put(
            sql!("update secret set sealed = (select s.sealed from secret s where s.org = $1 and s.env = $2 and s.id = $3)
                  where org = $1 and env = $2 and id = $4"),
            &[&one, &other],
        )).await.unwrap();
        assert_eq!(values(&house, &ctx, one, SIGNING).await.unwrap(), ["one"]);
        assert!(matches!(values(&house, &ctx, other, SIGNING).await, Err(StoreError::Unopenable)));
    }

    async fn a_list_of_secrets_has_no_values_and_a_removed_one_is_gone(house: TestStore) {
        let ctx = house.organisation().await;
        let id = made(&house, &ctx, "hush-hush").await;
        rotated(&house, &ctx, id, "hush-again", Overlap::seconds(60).unwrap()).await.unwrap();
        let all = house.store.read(&ctx, list).await.unwrap();
        assert_eq!((all.len(), all[0].id, all[0].versions.len()), (1, id, 2));
        assert!(!format!("{all:?}").contains("hush"));
        let removed = house.store.write(&ctx, move |tx| {
            let removed = remove(tx, id)?;
            Ok::<_, StoreError>(tx.record(Leaf::of("endpoint.remove"), removed))
        }).await.unwrap();
        assert!(removed);
        assert!(values(&house, &ctx, id, SIGNING).await.is_err());
        let (head, _) = house.store.ledger_head(&ctx).await.unwrap().unwrap();
        assert_eq!(head.frontier.size(), 6, "each act left its own leaf beside that of its user");
    }
}

#[test]
fn a_secret_is_not_empty_and_not_a_file_and_an_overlap_is_at_most_a_week() {
    let new = |text: String| NewSecret::new(SecretText::new(text), KeyEncoding::Text, Origin::Imported);
    assert!(new(String::new()).is_err() && new("x".repeat(16_385)).is_err());
    assert!(new("x".repeat(16_384)).is_ok());
    assert!(Overlap::seconds(604_800).is_ok() && Overlap::seconds(604_801).is_err());
}
