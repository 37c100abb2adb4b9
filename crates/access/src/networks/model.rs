//! What the lists say.

use sealpost_store::Time;
use sealpost_web::{BadCidr, Cidr, Cidrs};
use serde::{Deserialize, Serialize};

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

/// The lists in one form only: what is kept of them when they are changed, and what others are asked to agree to.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whole {
    dashboard: Vec<Cidr>,
    admin: Vec<Cidr>,
    keys: Vec<Cidr>,
}

impl Whole {
    /// What these lists say.
    pub fn of(lists: &Lists) -> Self {
        let list = |list: &Cidrs| list.as_slice().to_vec();
        Self { dashboard: list(&lists.dashboard), admin: list(&lists.admin), keys: list(&lists.keys) }
    }

    /// The lists that say so, if there can be such.
    pub fn read(self) -> Result<Lists, BadCidr> {
        let Self { dashboard, admin, keys } = self;
        Ok(Lists { dashboard: Cidrs::new(dashboard)?, admin: Cidrs::new(admin)?, keys: Cidrs::new(keys)? })
    }
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

    /// How often something was decided by now, that a change has undone itself among it: another as soon as other lists hold, whether or
    /// not anybody has written that down.
    pub fn decided(&self, now: Time) -> u32 {
        self.version.saturating_add(u32::from(self.lapsed(now).is_some()))
    }

    /// The entity tag of what holds now (RFC 9110 §8.8.3).
    pub(super) fn tag(&self, now: Time) -> String {
        format!("\"{}\"", self.decided(now))
    }

    /// The lists that hold now.
    pub fn in_force(&self, now: Time) -> &Lists {
        self.open(now).map_or(&self.confirmed, |pending| &pending.lists)
    }
}
