//! Holds, for whoever tests what they keep.

use sealpost_govern::Reason;
use sealpost_store::{ContactId, Ctx, LegalHoldId, Store};
use sealpost_web::Failure;

use super::holds::{self, Target};

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
