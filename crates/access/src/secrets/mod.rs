//! Secrets: credentials of others that we hold and use. They are written and used, never shown: there is no way to read one
//! back through the API, and what lists them has no value to show.
//!
//! A secret has versions. Rotating adds one and lets the older ones live on for an overlap, so that a receiver can move; what
//! signs or authenticates asks for the [`usable`] ones, newest first.
//!
//! Other features create a secret in the transaction that creates what uses it: everything here works inside a [`Tx`] and
//! records its own leaf beside theirs.
//!
//! People know a secret by a name, and find everything that is kept in one list: what they stored themselves ([`STORED`]), and what
//! the product keeps for something of its own, which is named after what it is for. What uses a secret is asked, not remembered
//! ([`SecretUser`]); [`look_after`] reminds organisations of old ones. Where a credential is taken, a stored one may be named instead
//! ([`Credential`], [`SecretRef`]). A new value reaches a person outside by a link that shows it once (`handover`).
//!
//! [`Tx`]: sealpost_store::Tx

mod api;
pub mod codes;
mod given;
mod handover;
mod mark;
mod model;
mod named;
mod notices;
mod pages;
mod reseal;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod upkeep;
mod users;

pub use api::feature;
pub use given::{Credential, Kept, SecretRef, may_refer, name_of, refer};
pub use handover::look_after_forever as look_after_handovers_forever;
pub use mark::{Fingerprint, NetworkMark};
pub use model::{
    BadCard, BadSecret, CardChange, ChangeKind, Description, NamedSecret, NewNamed, NewSecret, Origin, Overlap,
    OverlapTooLong, Purpose, RemindAfter, SecretChange, SecretName, SecretSummary, SecretVersion, VersionSummary,
};
pub use pages::NAV;
pub(crate) use reseal::reseal;
pub use service::{create, list, remove, rotate, usable, usable_since};
pub use upkeep::{look_after, look_after_forever};
pub use users::{SecretUse, SecretUser};

/// Told after a secret got another version, with its id.
pub const CHANGED: &str = "secret.changed";
/// What a secret is for that somebody stored by hand, under a name: whatever refers to it.
pub const STORED: Purpose = Purpose::new("stored");
