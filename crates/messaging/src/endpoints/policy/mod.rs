//! What decides what leaves for an endpoint, and how: where it is, what it hears of, how that is signed, encrypted and carried. All of it is
//! one numbered policy; none of its credentials are in it, only where they are.
//!
//! ```text
//! change ──► tightens, or nobody minds ──► in force, with a revision
//!        └─► loosens, in live, where the organisation says so ──► waits for others, who agree to exactly that policy
//! new endpoint, there: waits, and is not called before
//! ```
//!
//! A port that no policy of the installation permits is part of the URL that others agree to: once they have, it is kept with that URL, and
//! what is called is read with it ([`agreed_port`]). Where nobody has to agree, nobody can.
//!
//! Whoever changes an endpoint computes what would be ([`gate`]), stores it, and keeps it ([`keep`]); an approval and a roll-back
//! [`put`](service) a policy as it was written down.

mod approval;
mod lines;
mod model;
mod rules;
mod service;
#[cfg(test)]
mod tests;

pub use approval::{APPROVABLE, REVISABLE};
pub(super) use model::Policy;
pub(super) use service::{
    POLICY_REFUSES, agreed_port, begin, expect, expected, gate, is_guarded, keep, may_be_called, of, planned, settled,
    tag,
};
