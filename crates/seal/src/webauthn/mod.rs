//! Passkeys: the relying party's half of WebAuthn (W3C, Level 3), and no more of it than members' passkeys take.
//!
//! Two ceremonies: [`register`] reads what a new credential is, [`authenticate`] decides whether somebody has it. Both insist on the
//! exact origin, on the relying party's id, on a challenge that the caller knows to be fresh, and on user verification (the device has
//! asked for a finger, a face or a code), so that a passkey is two factors.
//!
//! Attestation statements (§6.5) are not looked at: none is asked for, and nothing is believed because of one.

mod authenticator_data;
mod ceremony;
mod client_data;
mod cose;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use ceremony::{Asserted, Assertion, Known, Registered, RelyingParty, authenticate, recheck, register};
pub use client_data::answered;
pub use cose::{Algorithm, PublicKey};

/// Why a ceremony ends without a passkey. Each is a check of §7.1 or §7.2, and says which attack it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not what an authenticator or a browser makes.
    #[error("malformed")]
    Malformed,
    /// The answer to the other ceremony.
    #[error("not the answer to this ceremony")]
    Type,
    /// The answer to another challenge: a replay.
    #[error("the answer to another challenge")]
    Challenge,
    /// Made on another site: phishing.
    #[error("made for another origin")]
    Origin,
    /// Made in a frame of another site.
    #[error("made in a frame of another site")]
    Framed,
    /// The authenticator was asked on behalf of another relying party.
    #[error("made for another relying party")]
    RelyingParty,
    /// Nobody touched the device.
    #[error("nobody was present")]
    NotPresent,
    /// The device did not make sure who holds it.
    #[error("the device did not verify its user")]
    NotVerified,
    /// Says that it may or may not be backed up, unlike itself or unlike before.
    #[error("says something else about backups than it can")]
    Backup,
    /// An algorithm that was not asked for, or a key that is none.
    #[error("no key of an algorithm that was asked for")]
    UnusableKey,
    /// Not signed by this credential.
    #[error("not signed by this credential")]
    Signature,
}
