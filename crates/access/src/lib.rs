//! Who may: organisations, their secrets, their members, and the API keys that act for them.
//!
//! * [`permissions`] is the one vocabulary of rights, `resource:verb`, that keys hold and routes ask for.
//! * [`organisations`] makes the scope that everything else lives in.
//! * [`masking`] says what an organisation hides from whoever reads.
//! * [`encryption`] turns the keys that everything is under.
//! * [`secrets`] keeps credentials that are used and never shown again.
//! * [`notices`] tell an organisation what it should hear of besides its messages.
//! * [`api_keys`] issues keys, decides whether a presented one is believed, and remembers how it was used.
//! * [`roles`] say what a member may; [`members`] are the people who have them, alone or in [`teams`].
//! * [`sign_in`] is where a member proves who they are, by one of their [`passkeys`]; [`sessions`] remember that they did.
//! * [`sso`] lets them prove it at a service of the organisation's.
//! * [`mail`] brings members their links, through whoever can send mail.
//! * [`networks`] say from where an organisation admits whom.
//! * [`revisions`] keep what settings said, so that there is a way back.
//! * [`scim`] keeps members and teams as a directory has them.
//! * [`visits`] let somebody look who sees nobody in clear.
//! * [`rights`] looks anew at who acts later than they asked.
//! * [`own`] is a member's own page.
//! * [`Credentials`] decides about whatever is presented: a key, a session, or the token of a directory.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api_keys;
mod asked;
mod credentials;
pub mod encryption;
pub mod identities;
pub mod links;
pub mod mail;
pub mod masking;
pub mod members;
pub mod networks;
pub mod notices;
mod old;
pub mod organisations;
pub mod own;
pub mod passkeys;
pub mod permissions;
pub mod recovery_codes;
pub mod revisions;
pub mod rights;
pub mod roles;
pub mod scim;
pub mod secrets;
pub mod sessions;
pub mod sign_in;
pub mod sso;
pub mod teams;
pub mod visits;

pub use asked::{Asked, Gate};
pub use credentials::Credentials;
