//! What a passkey is.

use sealpost_store::{MemberId, PasskeyId, Time};

use crate::sessions::Agent;

/// A passkey as it is stored. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its id here.
    pub id: PasskeyId,
    /// Whose it is.
    pub member: MemberId,
    /// Its id with the authenticator.
    pub credential_id: Vec<u8>,
    /// Its public key in COSE.
    pub public_key: Vec<u8>,
    /// What it counted last.
    pub counter: u32,
    /// Whether it can be copied to other devices.
    pub backup_eligible: bool,
    /// Whether it has been, as far as is known.
    pub backed_up: bool,
    /// In what kind of browser it was registered.
    pub agent: Agent,
    /// Since when.
    pub created_at: Time,
    /// When it was used last.
    pub used_at: Option<Time>,
}

pub use super::challenge::Purpose as Ceremony;

/// What a browser is asked to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreationOptions {
    /// What the answer is to.
    pub challenge: [u8; 32],
    /// The relying party's id.
    pub party: String,
    /// What the authenticator calls the member: says nothing about them.
    pub user: [u8; 32],
    /// What people see there.
    pub user_name: String,
    /// Credentials of the member that are there already.
    pub exclude: Vec<Vec<u8>>,
}

/// What a browser is asked to prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestOptions {
    /// What the answer is to.
    pub challenge: Vec<u8>,
    /// The relying party's id.
    pub party: String,
    /// With which credentials; any, if none are named.
    pub allow: Vec<Vec<u8>>,
}

/// What an authenticator and its browser answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Which credential.
    pub credential_id: Vec<u8>,
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// `signature`.
    pub signature: Vec<u8>,
    /// `userHandle`: what the authenticator calls the member. Always there when it was not told with which credentials.
    pub user_handle: Option<Vec<u8>>,
}
