//! The same request, twice: done once, answered twice.
//!
//! The answer is kept in the transaction that makes the change, so there is no moment in which one is durable and the other
//! isn't. A key belongs to an organisation and environment, not to a credential: a retry after a key rotation is still a retry.
//!
//! ```text
//! request with a key ── in flight here? ── yes ─► 409, try again
//!        │ no
//!        ▼
//!     handler ── refuses ──► a kept answer? ── yes ─► replay          (what was true then is the answer)
//!        │ writes                   └─ no ──► the refusal
//!        ▼
//!   change + answer in one transaction ── somebody was first ─► roll back, replay theirs
//! ```

mod in_flight;
mod kept;
pub(crate) mod key;

pub(crate) use in_flight::{Guard, InFlight};
pub use kept::Once;
pub use key::IdempotencyKey;

/// How long an answer is kept: longer than any client retries.
pub const KEPT_MS: i64 = 72 * 3600 * 1000;
