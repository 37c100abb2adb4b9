//! Requests with a key that this process is working on.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use sealpost_store::Org;

use crate::problem::{IDEMPOTENCY_IN_FLIGHT, Refusal};

type Name = (Org, [u8; 32]);

/// Saves the second of two simultaneous twins from working for nothing. The database decides who was first; this only says so
/// earlier.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashSet<Name>>>);

impl InFlight {
    /// From now until the guard is dropped, a twin is refused.
    pub(crate) fn enter(&self, org: Org, mac: [u8; 32]) -> Result<Guard, Refusal> {
        let name = (org, mac);
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name) {
            Ok(Guard { all: self.clone(), name })
        } else {
            Err(Refusal::of(&IDEMPOTENCY_IN_FLIGHT).retry_after(1))
        }
    }
}

pub(crate) struct Guard {
    all: InFlight,
    name: Name,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}
