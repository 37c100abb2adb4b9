//! How encryption stands, as it is answered.

use schemars::JsonSchema;
use sealpost_store::Time;
use serde::Serialize;

use crate::encryption::Standing;
use crate::encryption::model::named;

/// How an organisation's encryption stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Encryption")]
pub(super) struct EncryptionView {
    /// The version of the organisation's key that is used.
    key_version: u32,
    /// All versions there are, newest first. Older ones are destroyed once nothing is under them.
    key_versions: Vec<u32>,
    /// The last turn; nothing if there was none.
    turn: Option<TurnView>,
    /// The name of the root key, to compare.
    root_key: String,
    /// Who keeps the root key that this server was started with: `clear`, `aws_kms` or `vault`.
    root_key_custody: &'static str,
    /// Whether the root key is being changed: until that is over, the one before opens everything, too.
    root_key_turning: bool,
    /// The number of the key of blind indexes that is used.
    index_key: u32,
}

/// A turn to a version of the key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EncryptionTurn")]
struct TurnView {
    /// To which version.
    version: u32,
    /// `turning`, `waiting` until answers kept for requests made twice run out, or `done`.
    state: &'static str,
    /// When somebody asked for it.
    begun_at: Time,
    /// Since when everything that stays is under it.
    rewrapped_at: Option<Time>,
    /// When the versions before were destroyed.
    done_at: Option<Time>,
    /// How many keys of people and messages it has been through.
    keys: Option<u64>,
    /// How many there were when it began.
    keys_total: Option<u64>,
}

impl From<&Standing> for EncryptionView {
    fn from(standing: &Standing) -> Self {
        let turn = standing.turn.map(|turn| TurnView {
            version: turn.version,
            state: turn.state().word(),
            begun_at: turn.begun_at,
            rewrapped_at: turn.rewrapped_at,
            done_at: turn.done_at,
            keys: standing.progress.map(|progress| progress.slots),
            keys_total: standing.progress.map(|progress| progress.total),
        });
        Self {
            key_version: standing.version,
            key_versions: standing.versions.clone(),
            turn,
            root_key: named(standing.root.newest),
            root_key_custody: standing.custody.word(),
            root_key_turning: standing.root.turning,
            index_key: standing.index_epoch,
        }
    }
}
