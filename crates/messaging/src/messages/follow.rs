//! What follows from a message that is fired, in the transaction that accepts it: another feature begins something, or nothing of
//! either happens.

use std::pin::Pin;

use sealpost_store::{Ctx, StoreError, Tx};
use sealpost_web::Failure;
use serde_json::{Map, Value};

use crate::contacts::Subject;
use crate::storage::Mode;

/// A message that is about to be accepted.
pub(crate) struct Fired<'f> {
    /// The event, by name.
    pub(crate) event: &'f str,
    /// For whom.
    pub(crate) subject: &'f Subject,
    /// What the request brought to fill the template.
    pub(crate) data: &'f Map<String, Value>,
    /// What of the message is stored for how long.
    pub(crate) storage: Mode,
}

/// Something that is ready to begin.
pub(crate) trait Following: Send {
    /// Begins it, and leaves its leaf.
    fn begin(self: Box<Self>, tx: &mut Tx<'_>) -> Result<(), StoreError>;
}

/// What is ready to begin.
pub(crate) type Followers = Vec<Box<dyn Following>>;

/// Whoever begins something when an event is fired.
pub(crate) trait Follow: Send + Sync {
    /// Makes ready what follows from this.
    fn prepare<'f>(
        &'f self,
        ctx: &'f Ctx,
        fired: Fired<'f>,
    ) -> Pin<Box<dyn Future<Output = Result<Followers, Failure>> + Send + 'f>>;
}

/// Who fires an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Somebody outside.
    Request,
    /// Something that followed from an event itself: nothing follows from that, so that nothing goes round in a circle.
    Follower,
}
