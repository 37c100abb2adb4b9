//! The one door to storage.
//!
//! Everything Sealpost keeps goes through this crate: it is the only one with a database driver. SQLite is the default and
//! PostgreSQL the way to grow; both run the same statements, written once with [`sql!`].
//!
//! What the door guarantees, by type:
//!
//! * **No query without an organisation.** [`sql!`] refuses, at compile time, a statement that doesn't name `org = $1 and env = $2`
//!   (or inserts them first), and those two parameters are bound by the [`Tx`] from its own [`Org`], never by the caller.
//! * **No change without its ledger leaf.** [`Store::write`] takes a closure that must yield [`Recorded`], which only
//!   [`Tx::record`] makes; leaf and change commit together.
//! * **No waiting inside a transaction.** The closure is plain code: it can't await anything.
//! * **Nothing answered before it is durable.** Jobs that arrive together share one transaction, one commit and one `fsync`
//!   (group commit); only then are their callers answered.
//!
//! To add a table: a migration of the same number and name under `migrations/sqlite` and `migrations/postgres`, and the
//! statements in the `store.rs` of the feature that owns it. A test prepares every statement on both engines.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bus;
mod census;
mod clock;
mod ctx;
mod db;
pub mod directory;
mod epoch;
mod error;
pub mod failpoint;
mod ids;
mod keys;
mod lane;
mod ledger;
mod migrate;
pub mod outbox;
mod postgres;
mod prune;
mod room;
mod row;
mod sql;
mod sqlite;
mod store;
mod stream;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trace;
mod tx;
mod value;
mod work;

pub use bus::{Bus, Change, Commit};
pub use census::{Census, Jobs};
pub use clock::{Clock, SystemClock, Time};
pub use ctx::{Actor, ActorKind, Ctx, Org, World};
pub use directory::{Credential, CredentialKind};
pub use epoch::Epoch;
pub use error::StoreError;
pub use ids::*;
pub use keys::{
    Epochs, Erased, KeyCopy, Keys, LivingEpoch, OrgKeys, RootStanding, SHREDDED, Slot, TurnStanding, Visit,
};
pub use ledger::{CheckpointRow, Leaf, LeafRow, LedgerHead};
pub use migrate::migrations;
pub use outbox::{Claim, NewJob};
pub use row::{Cell, Column, Row};
pub use sealpost_seal::env::Environment;
pub use sql::{Scoping, Sql};
pub use store::{Database, Standing, Store, StoreConfig, Tree};
pub use stream::Unstreamed;
pub use tx::{Recorded, Tx};
pub use value::{Param, Value};

#[doc(hidden)]
pub mod __private {
    pub use crate::sql::{numbered, text};
}
