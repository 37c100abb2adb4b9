//! What decides through whom mail goes, and how: the relay, who writes, where answers go, what signs. All of it is one numbered policy; none
//! of its credentials are in it, only where they are.
//!
//! ```text
//! change ──► tightens, or nobody minds ──► in force, with a revision
//!        └─► loosens, in live, where the organisation says so ──► waits for others, who agree to exactly that policy
//! new channel, there: waits, and sends nothing before
//! ```
//!
//! As with the policies of endpoints: whoever changes a channel computes what would be ([`gate`]), stores it, and keeps it ([`keep`]); an
//! approval and a roll-back [`put`](service) a policy as it was written down.

mod approval;
mod lines;
mod model;
mod rules;
mod service;
#[cfg(test)]
mod tests;

pub use approval::{APPROVABLE, REVISABLE};
pub(super) use lines::between;
pub(super) use model::Policy;
pub(super) use service::{
    POLICY_REFUSES, ask_again, begin, expect, expected, gate, history, is_held, keep, settled, tag,
};
