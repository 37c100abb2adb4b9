//! Notices: what an organisation should hear of besides its messages. A key is about to end, a credential is used from
//! somewhere new, a backup fails.
//!
//! A notice is *raised* in the transaction of what it tells of, beside that act's ledger leaf: a row, and a job in the outbox. It
//! is not lost once they are durable, and never told if they are undone. Whoever knows endpoints does the job ([`JOB`]): finds
//! the notice, promises a delivery to each endpoint that hears of its kind, and removes it, all in one transaction.
//!
//! What a notice says is made of [`Fact`]s, and nothing that a person typed becomes one.

mod model;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Fact, Notice, NoticeKind, Raised};
pub use store::{find, raise, remove};

/// The outbox's name for the job of telling a notice; its target is the notice's id.
pub const JOB: &str = "notice.tell";
