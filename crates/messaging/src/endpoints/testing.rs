//! What tests of other features need of endpoints.

use sealpost_store::{Ctx, EndpointId, Store, StoreError, Tx};
use sealpost_web::Failure;

pub(crate) use super::encryption::testing::encrypts;
use super::model::{Endpoint, Filter, State};
use super::service::{self, Changes, Name, NewEndpoint};
use super::signing::Change;
use super::store;
use crate::versions::{Expected, Promoted};

/// An endpoint that hears of everything about messages, as if it had answered its ping.
pub(crate) async fn active(house: &Store, ctx: &Ctx) -> EndpointId {
    active_at(house, ctx, "reports", "https://hooks.example.com/reports").await
}

/// The same under another name, at this URL.
pub(crate) async fn active_at(house: &Store, ctx: &Ctx, name: &str, url: &str) -> EndpointId {
    let id = pending_at(house, ctx, name, url).await;
    let verified =
        house.maintain::<_, StoreError>(ctx, move |tx| store::set_state(tx, id, &State::Pending, &State::Active));
    assert!(verified.await.unwrap());
    id
}

/// Changes one, where nobody has to agree.
pub(super) async fn change(house: &Store, ctx: &Ctx, id: EndpointId, changes: Changes) -> Result<Endpoint, Failure> {
    let keys = house.keys().organisation(ctx.org.id).await.unwrap();
    let change =
        move |tx: &mut Tx<'_>| service::change(tx, &keys, id, (changes, Change::default()), &Expected::default());
    match house.write::<_, Failure>(ctx, change).await? {
        Promoted::InForce((endpoint, _)) => Ok(endpoint),
        Promoted::Waits(_) => panic!("nobody has said that this takes an approval"),
    }
}

/// The same, before anything was proved.
pub(crate) async fn pending_at(house: &Store, ctx: &Ctx, name: &str, url: &str) -> EndpointId {
    let new = NewEndpoint {
        name: Name::parse(name).unwrap(),
        url: url.into(),
        description: String::new(),
        events: Filter::new(vec!["message.*".into()]).unwrap(),
        signing: Change::default(),
        secret: None,
    };
    let keys = house.keys().organisation(ctx.org.id).await.unwrap();
    let made = house
        .write::<_, Failure>(ctx, move |tx| Ok(service::create(tx, &keys, new)?.map(|created| created.endpoint.id)));
    made.await.unwrap_or_else(|_| panic!("it is made"))
}
