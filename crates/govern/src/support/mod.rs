//! Support access: somebody is let in to help, for a reason, as far and as long as others have agreed to, and everybody sees that they
//! are there.
//!
//! ```text
//! ask      whom, why, what they may, which objects, how long       an approval, always: never by whoever asked
//! grant    a row; nobody is a member, no role is given             what is asked for beyond looking stands in what others agree to
//! link     one-time, to the address that was agreed to             begins a session that is the grant's
//! session  read anew from the grant with every request             so that an end is an end on every node, with the next one
//! end      by whoever may, by whoever was let in, by the clock     what was looked at, tried and refused is counted and told to owners
//! ```
//!
//! Whatever is done in such a session is recorded with the grant as its actor: the ledger needs no tag beside it. How far a session
//! reaches is held to where routes are admitted (`sealpost_web`), not in what they do.
//!
//! [`open_for_host`] is the same for a person with a shell: commands that read what the organisation holds take a grant for the host, or break the
//! glass, of which owners are told first.

mod api;
mod approval;
mod banners;
pub mod codes;
mod host;
mod letters;
mod model;
mod notices;
mod pages;
mod reseal;
mod rules;
mod service;
mod session;
mod store;
mod summary;
#[cfg(test)]
mod tests;
mod upkeep;

pub use api::feature;
pub(crate) use approval::APPROVABLE;
pub use banners::GrantBanners;
pub use host::{Right, open_for_host};
pub use pages::NAV;
pub use reseal::reseal;
pub use session::SupportSessions;
pub use upkeep::{look_after, look_after_forever, untold_glasses};
