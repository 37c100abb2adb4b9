//! How much of everybody's time one caller may take: per credential, per organisation, and per network for strangers.

mod config;
mod gcra;
mod headers;
mod peers;

pub use config::{ByClass, Class, LimitsConfig, Quota};
pub(crate) use headers::Policies;

use std::net::IpAddr;

use sealpost_store::{Time, World};

use crate::caller::Caller;
use gcra::{Buckets, Standing};
use peers::Peers;

/// All buckets of this process.
pub(crate) struct Limits {
    config: LimitsConfig,
    policies: Policies,
    buckets: Buckets,
    peers: Peers,
}

/// Where a request stands: what its answer says about limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    class: Class,
    scope: Scope,
    quota: Quota,
    standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Caller = 0,
    Organisation = 1,
    Peer = 2,
}

impl Limits {
    pub(crate) fn new(config: LimitsConfig, world: &World) -> Self {
        let policies = Policies::new(&config);
        Self { config, policies, buckets: Buckets::new(), peers: Peers::new(world.clone()) }
    }

    /// Takes from the caller's bucket, then from its organisation's; answers the tighter of the two.
    pub(crate) fn take(&self, caller: &Caller, class: Class, now: Time) -> Allowance {
        let own = self.from(Scope::Caller, class, caller.limit_id, self.config.caller.of(class), now);
        if own.refused() {
            return own;
        }
        let all = self.from(Scope::Organisation, class, caller.org.id.bytes(), self.config.organisation.of(class), now);
        if all.refused() || all.standing.remaining < own.standing.remaining { all } else { own }
    }

    /// Takes from the bucket of the network a stranger comes from.
    pub(crate) fn take_from_peer(&self, peer: IpAddr, now: Time) -> Allowance {
        self.from(Scope::Peer, Class::Open, self.peers.name(peer, now), self.config.peer, now)
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.policies
    }

    fn from(&self, scope: Scope, class: Class, id: [u8; 16], quota: Quota, now: Time) -> Allowance {
        let standing = self.buckets.take((id, scope as u8 * 16 + class as u8), quota, now);
        Allowance { class, scope, quota, standing }
    }
}

impl Allowance {
    /// Whether the request has to wait.
    pub(crate) fn refused(&self) -> bool {
        self.standing.retry_after_us.is_some()
    }

    /// Whole seconds to wait, rounded up.
    pub(crate) fn retry_after(&self) -> u32 {
        seconds(self.standing.retry_after_us.unwrap_or_default()).max(1)
    }
}

/// Microseconds as whole seconds, rounded up.
fn seconds(us: i64) -> u32 {
    u32::try_from((us.max(0) + 999_999) / 1_000_000).unwrap_or(u32::MAX)
}
