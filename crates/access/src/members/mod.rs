//! Members: the people of an organisation's staff.
//!
//! A member belongs to one organisation and to both of its environments, and holds one [role](crate::roles). They are invited with
//! an e-mail address, come in by the link they get, and can be suspended and removed. What is known about a member as a person is
//! sealed under a key of their own, as a contact's is, and found by a blind index; removing them destroys that key.
//!
//! Whoever proves who somebody is in another way (a directory, a sign-in service) finds them with [`Members::by_email`] and
//! [`identities`](crate::identities), and begins their session with [`sessions::open`](crate::sessions::open).

mod api;
pub mod codes;
mod faces;
mod holders;
mod invite;
mod model;
mod pages;
mod provision;
mod role;
mod rules;
#[cfg(test)]
mod rules_tests;
mod service;
mod shown;
mod store;
mod subject;
#[cfg(test)]
mod tests;
mod upkeep;

pub(crate) use api::body;
pub use api::feature;
pub use faces::MemberFaces;
pub use holders::{Holder, holders};
pub(crate) use invite::admit;
pub use invite::{Invitation, Invited, NewMember, invite, recover, renew};
pub use model::{Member, MemberName, MemberRow, MemberState, Unsuitable};
pub use pages::NAV;
pub(crate) use pages::called;
pub(crate) use provision::{
    Face, activate, count, deactivate, follow_teams, from, holder, identify, provision, readdress, set_face,
};
pub(crate) use role::follow_group;
pub use role::{Gate, Outcome, SETTING, TheirRole, give, set_role, standing};
pub(crate) use rules::may_give;
pub use rules::{Acting, MemberRefused};
pub(crate) use service::join;
pub use service::{Members, NewName, acting, create, owner, remove, rename, resume, suspend, withdraw};
pub(crate) use store::{count_with_role, find, hold, owners, role, state, teams};
pub(crate) use subject::{EmailIndex, Subject};
pub use upkeep::{is_in_use, look_after, reindex};
