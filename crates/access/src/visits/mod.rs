//! Visits: the operator on the host has a member let in who sees nobody in clear, to look for leaks on every page
//! (`sealpost doctor leaks`).
//!
//! ```text
//! command                          key store                     server, every few seconds
//!   asks for a visit ───────────► a key, wrapped by the root ──► a member of role admin, a session of theirs · leaves
//!   makes the session's token from that key, and looks
//!   is done ────────────────────► the key goes ────────────────► the member is removed, the session over · leaf
//! ```
//!
//! Whoever can ask has the root key and the key store, and could make an owner's link anyway. A visit is over after a quarter of an
//! hour in any case.

mod store;
#[cfg(test)]
mod tests;
mod token;
mod upkeep;

pub use token::session_of;
pub use upkeep::{look_after, look_after_forever};
