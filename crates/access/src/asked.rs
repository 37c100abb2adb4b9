//! Where a feature asks others first without knowing of approvals: whoever knows of them stands at its [`Gate`].

use sealpost_store::{ApprovalId, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Reply};

/// Others were asked first.
pub struct Asked {
    /// What for.
    pub approval: ApprovalId,
    /// What whoever wanted it is answered.
    pub reply: Reply,
}

/// Who is asked before a wish of this kind comes true.
pub struct Gate<W> {
    /// Asks others, for a wish and why, where that takes an approval; nothing, where it doesn't.
    pub ask: fn(&mut Tx<'_>, &OrgKeys, &W, Option<&str>) -> Result<Option<Recorded<Asked>>, Failure>,
    /// What waits for others, of this object or of the only one there is, oldest first.
    pub waiting: fn(&mut Tx<'_>, Option<[u8; 16]>) -> Result<Vec<ApprovalId>, StoreError>,
}

impl<W> Gate<W> {
    /// Nobody is asked.
    pub const OPEN: Self = Self { ask: |_, _, _, _| Ok(None), waiting: |_, _| Ok(Vec::new()) };
}

impl<W> Clone for Gate<W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W> Copy for Gate<W> {}
