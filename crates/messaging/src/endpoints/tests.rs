//! What endpoints promise about the secrets they sign with, on both engines.

use sealpost_access::secrets::{self, Kept, NewSecret, Origin, Overlap, SecretRef};
use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Leaf, SecretId, StoreError, Tx, both_engines};
use sealpost_web::Failure;

use super::model::{Endpoint, Filter};
use super::service::{self, Changes, GivenSecret, Name, NewEndpoint};
use super::signing::Change;
use super::{SIGNING, codes, store, testing};

fn imported(value: &str) -> NewSecret {
    NewSecret::new(SecretText::new(value.into()), KeyEncoding::Text, Origin::Imported).unwrap()
}

async fn stored(house: &TestStore, ctx: &Ctx, value: &str) -> SecretId {
    let (keys, new) = (house.store.keys().organisation(ctx.org.id).await.unwrap(), imported(value));
    let make = move |tx: &mut Tx<'_>| {
        let id = secrets::create(tx, &keys, secrets::STORED, new)?;
        Ok::<_, StoreError>(tx.record(Leaf::of("secret.create"), id))
    };
    house.store.write(ctx, make).await.unwrap()
}

async fn made(house: &TestStore, ctx: &Ctx, secret: Option<GivenSecret>) -> Result<Endpoint, Failure> {
    let new = NewEndpoint {
        name: Name::parse("billing").unwrap(),
        url: "https://hooks.example.com/billing".into(),
        description: String::new(),
        events: Filter::new(vec![]).unwrap(),
        signing: Change::default(),
        secret,
    };
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    house.store.write(ctx, move |tx| Ok(service::create(tx, &keys, new)?.map(|created| created.endpoint))).await
}

/// What the endpoint signs with now, newest first.
async fn signs_with(house: &TestStore, ctx: &Ctx, kept: Kept) -> Vec<String> {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let versions = house.store.read(ctx, move |tx| kept.usable(tx, &keys, SIGNING)).await.unwrap();
    versions.iter().map(|one| one.value.expose().to_owned()).collect()
}

both_engines! {
    async fn an_endpoint_signs_with_a_stored_secret_and_with_both_versions_while_they_overlap(house: TestStore) {
        let ctx = house.organisation().await;
        let id = stored(&house, &ctx, "first").await;
        let endpoint = made(&house, &ctx, Some(GivenSecret::Stored(SecretRef::Id(id)))).await.unwrap();
        assert_eq!(endpoint.secret, Kept::Stored { stored: id });
        let found = house.store.read::<_, StoreError>(&ctx, move |tx| store::find(tx, endpoint.id)).await.unwrap().unwrap();
        assert_eq!(found.secret, endpoint.secret, "it is stored as what it is");
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let rotate = move |tx: &mut Tx<'_>| {
            secrets::rotate(tx, &keys, id, secrets::STORED, imported("second"), Overlap::seconds(60).unwrap())?;
            Ok::<_, StoreError>(tx.record(Leaf::of("secret.rotate"), ()))
        };
        house.store.write(&ctx, rotate).await.unwrap();
        assert_eq!(signs_with(&house, &ctx, found.secret).await, ["second", "first"]);
        house.clock.advance_ms(60_000);
        assert_eq!(signs_with(&house, &ctx, found.secret).await, ["second"]);
        let uses = house.store.read(&ctx, service::secret_uses).await.unwrap();
        assert!(uses.iter().any(|one| one.secret == id && one.name == "billing"));
    }

    async fn a_stored_secret_is_not_rotated_by_the_endpoint_and_stays_when_that_goes(house: TestStore) {
        let ctx = house.organisation().await;
        let id = stored(&house, &ctx, "first").await;
        let endpoint = made(&house, &ctx, Some(GivenSecret::Stored(SecretRef::Id(id)))).await.unwrap();
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let refused = house
            .store
            .write::<_, Failure>(&ctx, move |tx| Ok(service::rotate_secret(tx, &keys, endpoint.id, Overlap::NONE)?.map(drop)))
            .await;
        assert!(matches!(refused, Err(Failure::Refused(refusal)) if refusal.code() == &codes::SECRET_STORED));
        house.store.write(&ctx, move |tx| service::remove(tx, endpoint.id)).await.unwrap_or_else(|_| panic!("it goes"));
        assert_eq!(signs_with(&house, &ctx, endpoint.secret).await, ["first"]);
    }

    async fn an_endpoint_changes_over_to_a_stored_secret_and_its_own_is_destroyed(house: TestStore) {
        let ctx = house.organisation().await;
        let endpoint = made(&house, &ctx, None).await.unwrap();
        assert!(matches!(endpoint.secret, Kept::Own(_)));
        let id = stored(&house, &ctx, "named").await;
        let changes = Changes { secret: Some(SecretRef::Id(id)), ..Changes::default() };
        let changed = testing::change(&house.store, &ctx, endpoint.id, changes).await.unwrap();
        assert_eq!(signs_with(&house, &ctx, changed.secret).await, ["named"]);
        let left = house.store.read(&ctx, secrets::list).await.unwrap();
        assert!(left.iter().all(|one| one.id != endpoint.secret.id()), "what it signed with before is gone");
    }

    async fn only_what_is_stored_here_can_be_named(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let foreign = stored(&house, &theirs, "theirs").await;
        let own = made(&house, &theirs, None).await.unwrap().secret.id();
        for wanted in [SecretRef::Id(foreign), SecretRef::Id(own), SecretRef::parse("nobody").unwrap()] {
            let refused = made(&house, &ours, Some(GivenSecret::Stored(wanted))).await;
            assert!(matches!(refused, Err(Failure::Refused(refusal)) if refusal.code() == &codes::SECRET_INVALID));
        }
    }
}
