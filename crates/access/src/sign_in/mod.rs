//! Signing in: where a member proves who they are, without a password.
//!
//! * By a passkey ([`crate::passkeys`]): the way.
//! * By a [link](crate::links): one-time. The operator on the host makes one for an owner, so that there is a first member at all; invitations have
//!   one; and whoever has lost their passkeys gets one by [mail](crate::mail), or from somebody who may manage members.
//! * By a [recovery code](crate::recovery_codes), of which a member keeps ten.
//!
//! Whatever the proof, it ends in [`sessions::open`](crate::sessions::open). A link (but the operator's) and a code begin a session that is
//! good for nothing but registering a passkey. Everything that people see of it (pages, their style sheet and script) is in `assets/`.

mod api;
mod assets;
pub mod codes;
#[cfg(test)]
mod tests;

pub use api::{SignIn, feature};
#[cfg(test)]
pub(crate) use assets::start_page;
pub(crate) use assets::{POLICY, frame, no_service, service};
pub use assets::{link as link_page, spent as spent_page};

use sealpost_store::{Keys, MemberId, StoreError, Tx};

use crate::{links, passkeys, recovery_codes};

/// Forgets everything a member could prove themselves with: they are one no more.
pub(crate) fn forget(tx: &mut Tx<'_>, keys: &Keys, member: MemberId) -> Result<(), StoreError> {
    links::spend_all_of(tx, member)?;
    recovery_codes::remove_all_of(tx, member)?;
    passkeys::remove_all_of(tx, keys, member)
}
