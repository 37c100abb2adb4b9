//! Holds, for whoever tests what they keep.

use sealpost_govern::Reason;
use sealpost_store::{ContactId, Ctx, LegalHoldId, Store, StoreError, Tx};
use sealpost_web::Failure;

use super::holds::{self, Target};
use super::model::{Mode, Policy};
use super::purges;
use super::store as rows;
use crate::events::Class;

/// Holds a person.
pub(crate) async fn hold(store: &Store, ctx: &Ctx, contact: ContactId) -> LegalHoldId {
    let keys = store.keys().organisation(ctx.org.id).await.unwrap();
    let (target, why) = (Target::Contact(contact), Reason::parse("a test".into()).unwrap());
    store.write::<_, Failure>(ctx, move |tx| holds::place(tx, &keys, &target, &why)).await.unwrap().id
}

/// Lifts the hold.
pub(crate) async fn lift(store: &Store, ctx: &Ctx, id: LegalHoldId) {
    store.write::<_, Failure>(ctx, move |tx| holds::lift(tx, id)).await.unwrap();
}

/// From now on what messages of this class carry is stored so, in both environments.
pub(crate) async fn decide(store: &Store, ctx: &Ctx, class: Class, mode: Mode) {
    let mut rules = serde_json::to_value(Policy::default()).unwrap();
    for environment in ["live", "test"] {
        rules[environment][class.as_str()]["mode"] = mode.word().into();
    }
    let policy: Policy = serde_json::from_value(rules).unwrap();
    let put = move |tx: &mut Tx<'_>| rows::put_into_force(tx, 1, &policy);
    assert!(store.maintain::<_, StoreError>(ctx, put).await.unwrap());
}

/// Purges what is stored of this class, which isn't kept from now on.
pub(crate) async fn purge(store: &Store, ctx: &Ctx, class: Class) {
    decide(store, ctx, class, Mode::UntilDelivered).await;
    let keys = store.keys().organisation(ctx.org.id).await.unwrap();
    let begin = move |tx: &mut Tx<'_>| Ok(purges::begin(tx, &keys, class, class.as_str(), None)?.map(drop));
    store.write::<_, Failure>(ctx, begin).await.unwrap();
}
