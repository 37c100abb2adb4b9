//! One leaf, in words.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use sealpost_ledger::{Environment as LeafEnvironment, Leaf, LeafResult, commitment_in, content_hash, leaf_hash};
use sealpost_store::{ActorKind, Environment, LeafRow, OrgKeys, RequestId, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ids::TypedId;

/// What kind of party acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ActorKind")]
pub enum ActorWord {
    /// Nobody known: a refused credential, a one-click unsubscribe.
    Anonymous,
    /// An API key.
    Key,
    /// Sealpost itself.
    System,
    /// A member of the organisation's staff.
    Member,
    /// A person with a shell on the host.
    Operator,
    /// A directory that provisions members.
    Directory,
    /// Somebody who was granted support access: the id is the grant's.
    Support,
    /// A kind that this version does not know.
    Unknown,
}

/// How an act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ActResult")]
pub enum ResultWord {
    /// It was done.
    Ok,
    /// It was refused by a rule.
    Denied,
    /// It was allowed and didn't work.
    Failed,
}

/// The environment an act happened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Environment")]
pub enum EnvironmentWord {
    /// For trying things out.
    Test,
    /// For real people.
    Live,
}

impl From<Environment> for EnvironmentWord {
    fn from(environment: Environment) -> Self {
        match environment {
            Environment::Test => Self::Test,
            Environment::Live => Self::Live,
        }
    }
}

/// One leaf of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "LedgerEntry")]
pub struct Entry {
    /// Its position in the organisation's ledger, from 0. This is the order; time is a claim.
    pub seq: u64,
    /// The hash under which it is in the tree: 64 hexadecimal digits.
    pub leaf_hash: String,
    /// True if the stored leaf or its details are not what was recorded: somebody changed the database.
    pub damaged: bool,
    /// What happened; absent if the leaf is so damaged that it can't be read.
    #[serde(flatten)]
    pub act: Option<Act>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Act {
    /// When.
    pub at: Time,
    /// What kind of party acted.
    pub actor_kind: ActorWord,
    /// Its id, if it has one.
    pub actor: Option<TypedId>,
    /// What was done: `key.revoke`.
    pub action: String,
    /// To what.
    pub target: Option<TypedId>,
    /// How it ended.
    pub result: ResultWord,
    /// Why, as a code.
    pub reason: Option<String>,
    /// The request it belongs to.
    pub request_id: RequestId,
    /// Where; absent if it concerns the organisation itself.
    pub environment: Option<EnvironmentWord>,
    /// What else was recorded; holds no personal data.
    pub details: Option<Value>,
    /// True if details were recorded and have been deleted since.
    pub pruned: bool,
}

impl Entry {
    /// The entry a stored leaf is.
    pub(crate) fn of(row: &LeafRow, keys: &OrgKeys) -> Self {
        let act = Leaf::decode(&row.leaf).ok().map(|leaf| Act::of(row, &leaf, keys));
        let is_intact = leaf_hash(&row.leaf) == row.hash && matches!(act, Some((_, true)));
        Self { seq: row.seq, leaf_hash: row.hash.to_hex(), damaged: !is_intact, act: act.map(|(act, _)| act) }
    }
}

impl Act {
    /// The act, and whether its details are what was recorded.
    fn of(row: &LeafRow, leaf: &Leaf, keys: &OrgKeys) -> (Self, bool) {
        let at = Time::from_unix_ms(leaf.at_ms);
        let has_details = leaf.content != content_hash(&[]);
        let opened = match &row.content {
            Some(sealed) if content_hash(sealed) == leaf.content => Some(open(keys, at, leaf, sealed)),
            Some(_) => Some(None),
            None => None,
        };
        let is_intact = leaf.seq == row.seq && opened.as_ref().is_none_or(Option::is_some);
        let act = Self {
            at,
            actor_kind: ActorWord::of(leaf.actor.kind),
            actor: actor(leaf),
            action: leaf.action.to_string(),
            target: leaf.target.as_ref().map(|target| TypedId { kind: target.kind.to_string(), id: target.id }),
            result: result(leaf.result),
            reason: leaf.reason.as_ref().map(ToString::to_string),
            request_id: RequestId::from_bytes(leaf.request),
            environment: environment(leaf.environment),
            pruned: has_details && opened.is_none(),
            details: opened.flatten(),
        };
        (act, is_intact)
    }
}

impl ActorWord {
    pub(crate) const fn of(kind: u8) -> Self {
        const ANONYMOUS: u8 = ActorKind::Anonymous as u8;
        const KEY: u8 = ActorKind::Key as u8;
        const SYSTEM: u8 = ActorKind::System as u8;
        const MEMBER: u8 = ActorKind::Member as u8;
        const OPERATOR: u8 = ActorKind::Operator as u8;
        const DIRECTORY: u8 = ActorKind::Directory as u8;
        const SUPPORT: u8 = ActorKind::Support as u8;
        match kind {
            ANONYMOUS => Self::Anonymous,
            KEY => Self::Key,
            SYSTEM => Self::System,
            MEMBER => Self::Member,
            OPERATOR => Self::Operator,
            DIRECTORY => Self::Directory,
            SUPPORT => Self::Support,
            _ => Self::Unknown,
        }
    }

    /// Its word, as it is sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Key => "key",
            Self::System => "system",
            Self::Member => "member",
            Self::Operator => "operator",
            Self::Directory => "directory",
            Self::Support => "support",
            Self::Unknown => "unknown",
        }
    }

    /// Whoever of this kind has this id.
    pub(crate) fn named(self, id: [u8; 16]) -> TypedId {
        TypedId { kind: self.prefix().to_owned(), id }
    }

    /// What ids of this kind of actor begin with.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Member => "mem",
            Self::Directory => "sct",
            Self::Support => "sgr",
            Self::Anonymous | Self::System | Self::Operator | Self::Unknown => "act",
        }
    }
}

impl ResultWord {
    /// Its word, as it is sent.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

/// Who acted; nobody, if it has no id.
pub(crate) fn actor(leaf: &Leaf) -> Option<TypedId> {
    (leaf.actor.id != [0; 16]).then(|| ActorWord::of(leaf.actor.kind).named(leaf.actor.id))
}

/// The same of somebody who acts.
pub fn who(actor: sealpost_store::Actor) -> Option<TypedId> {
    (actor.id != [0; 16]).then(|| ActorWord::of(actor.kind as u8).named(actor.id))
}

pub(crate) const fn result(result: LeafResult) -> ResultWord {
    match result {
        LeafResult::Ok => ResultWord::Ok,
        LeafResult::Denied => ResultWord::Denied,
        LeafResult::Failed => ResultWord::Failed,
    }
}

pub(crate) const fn environment(environment: LeafEnvironment) -> Option<EnvironmentWord> {
    match environment {
        LeafEnvironment::None => None,
        LeafEnvironment::Test => Some(EnvironmentWord::Test),
        LeafEnvironment::Live => Some(EnvironmentWord::Live),
    }
}

fn open(keys: &OrgKeys, at: Time, leaf: &Leaf, sealed: &[u8]) -> Option<Value> {
    if let Some(commitment) = commitment_in(sealed) {
        return Some(json!({ "commitment": STANDARD.encode(commitment) }));
    }
    let clear = keys.open_audit(at, leaf.request, sealed).ok()?;
    serde_json::from_slice(&clear).ok()
}
