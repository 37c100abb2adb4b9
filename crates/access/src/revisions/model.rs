//! What a revision is.

use sealpost_seal::key::sha256;
use sealpost_store::{Actor, ApprovalId, Environment, RevisionId, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A setting whose every change leaves a revision. Names are part of the API: added, never renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting(&'static str);

impl Setting {
    /// The setting of this name.
    pub const fn new(word: &'static str) -> Self {
        Self(word)
    }

    /// Its name in the API.
    pub const fn word(self) -> &'static str {
        self.0
    }
}

/// Whose setting it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Which setting.
    pub setting: Setting,
    /// Of which object; nothing, if there is one of it only.
    pub target: Option<[u8; 16]>,
    /// In which environment; nothing, if it is the organisation's.
    pub environment: Option<Environment>,
}

impl Subject {
    /// A setting that an organisation has one of.
    pub const fn only(setting: Setting) -> Self {
        Self { setting, target: None, environment: None }
    }
}

/// A setting as it is put into force.
pub struct Change<'a> {
    /// Of what.
    pub of: Subject,
    /// Its number, where the setting counts its changes itself; one more than the newest, otherwise.
    pub number: Option<u32>,
    /// What stood there, in one form only; nothing, if this is how it begins.
    pub before: Option<Value>,
    /// What stands there now.
    pub after: Value,
    /// Why.
    pub why: Option<&'a str>,
}

/// What a setting said after one change.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Its id.
    pub id: RevisionId,
    /// The setting's name.
    pub setting: String,
    /// Of which object, if there is more than one.
    pub target: Option<[u8; 16]>,
    /// Which it is of those of this setting.
    pub number: u32,
    /// What it said.
    pub says: Value,
    /// Why it was changed.
    pub why: Option<String>,
    /// SHA-256 of all of that and 128 bits of chance.
    pub digest: [u8; 32],
    /// Who put it into force; the system, if it stood there before there were revisions.
    pub actor: Actor,
    /// What it went live by, if that took an approval.
    pub approval: Option<ApprovalId>,
    /// Since when.
    pub at: Time,
    /// The number of the newest of this setting.
    pub newest: u32,
}

impl Revision {
    /// Whether it is what is in force.
    pub const fn is_in_force(&self) -> bool {
        self.number == self.newest
    }
}

/// What is sealed of a revision. Its exact bytes are what the digest is of.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    /// 128 bits of chance, so that nobody finds out by trying what a digest is of.
    pub(super) salt: String,
    pub(super) says: Value,
    pub(super) why: Option<String>,
}

/// What a revision is known by. Lengths come first, so that nothing can be moved from one part into the next.
pub(super) fn digest(setting: &str, target: Option<[u8; 16]>, number: u32, content: &[u8]) -> [u8; 32] {
    let length = |bytes: &[u8]| (bytes.len() as u64).to_be_bytes();
    let target = target.as_ref().map_or(&[][..], |id| &id[..]);
    sha256(&[
        b"sealpost revision v1\n",
        &length(setting.as_bytes()),
        setting.as_bytes(),
        &length(target),
        target,
        &number.to_be_bytes(),
        content,
    ])
}
