//! What the lists say.

use sealpost_store::Time;
use sealpost_web::Cidrs;

/// How long a change holds that nobody confirms (parity A07).
pub(super) const GUARD_MS: i64 = 10 * 60_000;

/// Where whom is admitted from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// Whatever a member asks.
    pub dashboard: Cidrs,
    /// What a member does as an administrator; on top of the list before.
    pub admin: Cidrs,
    /// Whatever a key asks; on top of its own list.
    pub keys: Cidrs,
}

/// How it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// How often something was decided.
    pub version: u32,
    /// The lists that stay.
    pub confirmed: Lists,
    /// A change that somebody has yet to confirm. It may have lapsed.
    pub pending: Option<Pending>,
    /// When something was decided last; never, if nobody has.
    pub since: Option<Time>,
}

/// A change that undoes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The lists meanwhile.
    pub lists: Lists,
    /// Until when.
    pub until: Time,
}

impl Standing {
    /// The change that holds now and is yet to be confirmed.
    pub fn open(&self, now: Time) -> Option<&Pending> {
        self.pending.as_ref().filter(|pending| now < pending.until)
    }

    /// The change that has undone itself and isn't written down as undone.
    pub(super) fn lapsed(&self, now: Time) -> Option<&Pending> {
        self.pending.as_ref().filter(|pending| now >= pending.until)
    }

    /// The lists that hold now.
    pub fn in_force(&self, now: Time) -> &Lists {
        self.open(now).map_or(&self.confirmed, |pending| &pending.lists)
    }
}
