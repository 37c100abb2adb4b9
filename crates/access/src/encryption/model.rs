//! What a turn of an organisation's key is.

use sealpost_seal::key::Custody;
use sealpost_store::{RootStanding, Time, TurnStanding};

/// How many turns may be under way. Each destroys what is older, so the last one ends all of them.
pub(super) const MOST_OPEN: usize = 10;

/// A turn to a version of the organisation's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// To which version.
    pub version: u32,
    /// When somebody asked for it.
    pub begun_at: Time,
    /// Since when everything that stays is under it.
    pub rewrapped_at: Option<Time>,
    /// When the versions before were destroyed.
    pub done_at: Option<Time>,
}

/// How far a turn has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnState {
    /// What is under older versions is wrapped and sealed anew.
    Turning,
    /// Only answers kept for requests made twice are under older versions, and run out.
    Waiting,
    /// There are no older versions.
    Done,
}

impl TurnState {
    /// Its word, as it is sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Turning => "turning",
            Self::Waiting => "waiting",
            Self::Done => "done",
        }
    }
}

impl Turn {
    /// How far it has come.
    pub fn state(&self) -> TurnState {
        match (self.done_at, self.rewrapped_at) {
            (Some(_), _) => TurnState::Done,
            (None, Some(_)) => TurnState::Waiting,
            (None, None) => TurnState::Turning,
        }
    }
}

/// How an organisation's encryption stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The version of its key that is used.
    pub version: u32,
    /// All versions there are, newest first.
    pub versions: Vec<u32>,
    /// The last turn, if there was one.
    pub turn: Option<Turn>,
    /// How many slots that has been through.
    pub progress: Option<TurnStanding>,
    /// The root key.
    pub root: RootStanding,
    /// Who keeps the root key that this server was started with.
    pub custody: Custody,
    /// The number of the index key that is used.
    pub index_epoch: u32,
}

/// The name of a root key, for people to compare.
pub(super) fn named(id: sealpost_seal::KeyId) -> String {
    id.0.iter().map(|byte| format!("{byte:02x}")).collect()
}
