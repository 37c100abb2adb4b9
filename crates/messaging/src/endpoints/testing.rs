//! What tests of other features need of endpoints.

use sealpost_store::{Ctx, EndpointId, Store};
use sealpost_web::Failure;

use super::model::{Filter, State};
use super::service::{self, Name, NewEndpoint};
use super::signing::Change;
use super::store;

/// An endpoint that hears of everything about messages, as if it had answered its ping.
pub(crate) async fn active(house: &Store, ctx: &Ctx) -> EndpointId {
    let new = NewEndpoint {
        name: Name::parse("reports").unwrap(),
        url: "https://hooks.example.com/reports".into(),
        description: String::new(),
        events: Filter::new(vec!["message.*".into()]).unwrap(),
        signing: Change::default(),
        secret: None,
    };
    let keys = house.keys().organisation(ctx.org.id).await.unwrap();
    let made = house.write::<_, Failure>(ctx, move |tx| {
        let created = service::create(tx, &keys, new)?;
        let id = created.value().endpoint.id;
        store::set_state(tx, id, &State::Pending, &State::Active)?;
        Ok(created.map(|_| id))
    });
    made.await.unwrap()
}
