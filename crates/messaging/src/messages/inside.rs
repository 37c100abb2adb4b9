//! What other features of this crate send: the same decisions and the same commit as for whoever asks from outside.

use sealpost_store::{Ctx, MessageId, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Item};
use serde_json::Value;

use super::accept::{NewMessage, NotAccepted, Prepared, accept};
use super::follow::By;
use super::model::State;
use super::{Messages, store};

/// A message ready for its transaction.
pub(crate) struct Ready(Prepared);

impl Messages {
    /// Makes a message ready that is described as in a request.
    pub(crate) async fn make_ready(&self, ctx: &Ctx, message: &Value) -> Result<Ready, Failure> {
        let new: NewMessage = Item::new(message)?.read()?;
        Ok(Ready(self.accepting.prepare(ctx, &new, By::Follower).await?))
    }
}

impl Ready {
    /// Accepts it, with whatever else happens in this transaction.
    pub(crate) fn accept(self, tx: &mut Tx<'_>) -> Result<Recorded<MessageId>, NotAccepted> {
        self.0.check(tx)?;
        Ok(accept(tx, self.0)?.map(|accepted| accepted.id))
    }
}

/// Where a message stands; nothing if there is none of this id.
pub(crate) fn state_of(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<State>, StoreError> {
    Ok(store::find(tx, id)?.map(|message| message.state))
}
