//! Use cases of the default endpoint.

use sealpost_store::{EndpointId, Leaf, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Refusal};

use super::store;
use crate::endpoints::codes::ENDPOINT_UNVERIFIED;
use crate::endpoints::model::{Endpoint, State};
use crate::endpoints::service::changed;

/// An endpoint has proved itself: it is the default if there is none.
pub(in crate::endpoints) fn adopt(tx: &mut Tx<'_>, id: EndpointId) -> Result<(), StoreError> {
    if store::is_there(tx)? {
        return Ok(());
    }
    store::set(tx, id)
}

/// The default has gone: the oldest verified one is it from now on, if there is one.
pub(in crate::endpoints) fn pass_on(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let verified = |one: &Endpoint| matches!(one.state, State::Active | State::Failing { .. });
    let Some(next) = crate::endpoints::service::all(tx)?.into_iter().find(verified) else { return Ok(()) };
    store::set(tx, next.id)?;
    changed(tx, next.id);
    Ok(())
}

/// This one is the default from now on, and no other.
pub(in crate::endpoints) fn make_default(tx: &mut Tx<'_>, id: EndpointId) -> Result<Recorded<Endpoint>, Failure> {
    if crate::endpoints::find(tx, id)?.state == State::Pending {
        return Err(Refusal::of(&ENDPOINT_UNVERIFIED).into());
    }
    store::clear(tx)?;
    store::set(tx, id)?;
    changed(tx, id);
    let endpoint = crate::endpoints::find(tx, id)?;
    Ok(tx.record(Leaf::of("endpoint.make_default").on(EndpointId::PREFIX, id.bytes()), endpoint))
}
