//! What every use case receives: for whom, by whom, seen by whom, when.

use std::sync::Arc;

use sealpost_seal::env::Environment;
use sealpost_seal::rng::Rng;
use sealpost_seal::viewer::Viewer;

use crate::clock::{Clock, Time};
use crate::ids::{OrgId, RequestId};

/// The scope of every query: one organisation, in one environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Org {
    /// The organisation.
    pub id: OrgId,
    /// `test` or `live`; a key of one never reaches objects of the other.
    pub environment: Environment,
}

/// What kind of party acts; the number is what the ledger records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ActorKind {
    /// Nobody known: a refused credential, a one-click unsubscribe.
    Anonymous = 0,
    /// An API key.
    Key = 1,
    /// Sealpost itself: the dispatcher, retention, a schedule.
    System = 2,
    /// A member of the organisation's staff.
    Member = 3,
    /// A person with a shell on the host.
    Operator = 4,
    /// A directory that provisions members.
    Directory = 5,
    /// Somebody who was granted support access: the id is the grant's, so that whatever they do names it.
    Support = 6,
}

/// Who acts, as the ledger records it: never a name, always an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    /// What kind of party.
    pub kind: ActorKind,
    /// Its id; zeroes where it has none.
    pub id: [u8; 16],
}

impl Actor {
    /// Sealpost itself.
    pub const SYSTEM: Self = Self { kind: ActorKind::System, id: [0; 16] };
    /// Nobody known.
    pub const ANONYMOUS: Self = Self { kind: ActorKind::Anonymous, id: [0; 16] };
    /// A person with a shell on the host.
    pub const OPERATOR: Self = Self { kind: ActorKind::Operator, id: [0; 16] };
}

/// The seams to the outside that a use case may reach: time and chance.
#[derive(Clone)]
pub struct World {
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub rng: Arc<dyn Rng>,
}

impl World {
    /// The real world: the system's clock and generator.
    pub fn real() -> Self {
        Self { clock: Arc::new(crate::SystemClock), rng: Arc::new(sealpost_seal::rng::SystemRng) }
    }
}

/// What every use case receives.
#[derive(Clone)]
pub struct Ctx {
    /// Whose data.
    pub org: Org,
    /// Who acts.
    pub actor: Actor,
    /// Who looks, with what rights.
    pub viewer: Viewer,
    /// The request this belongs to.
    pub request: RequestId,
    /// Time and chance.
    pub world: World,
}

impl Ctx {
    /// A context for Sealpost's own work in `org`.
    pub fn system(org: Org, world: World) -> Self {
        let request = RequestId::new(&world);
        Self { org, actor: Actor::SYSTEM, viewer: Viewer::masked(), request, world }
    }

    /// The current moment.
    pub fn now(&self) -> Time {
        self.world.clock.now()
    }

    /// Where randomness comes from.
    pub fn rng(&self) -> &dyn Rng {
        &*self.world.rng
    }
}
