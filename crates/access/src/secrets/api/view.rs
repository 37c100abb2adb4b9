//! How secrets look on the wire: never with a value.

use schemars::JsonSchema;
use sealpost_seal::SecretText;
use sealpost_store::{Actor, ActorKind, ApiKeyId, MemberId, ScimTokenId, SecretId, SupportGrantId, Time};
use serde::Serialize;

use crate::secrets::rules::is_usable;
use crate::secrets::{NamedSecret, Origin, SecretChange, SecretUse, VersionSummary};

/// A secret, without its value.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Secret")]
pub(super) struct SecretView {
    id: SecretId,
    name: String,
    description: String,
    /// `stored` for one that somebody stored under its name; what the product made it for otherwise.
    purpose: String,
    /// The number of its newest version, from 1.
    version: u32,
    /// Eight hexadecimal digits: the same for versions of this secret with the same value, and nothing about other secrets.
    fingerprint: Option<String>,
    origin: OriginWord,
    /// After how many days somebody is reminded of a version's age; never, if 0.
    remind_after_days: u16,
    created_at: Time,
    updated_at: Time,
    /// When its newest version was made.
    rotated_at: Time,
    /// When what uses it did so last, if that is known.
    last_used_at: Option<Time>,
    /// What uses it.
    used_by: Vec<UseView>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "SecretOrigin")]
enum OriginWord {
    /// Made here.
    Generated,
    /// Brought in.
    Imported,
}

impl From<Origin> for OriginWord {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Generated => Self::Generated,
            Origin::Imported => Self::Imported,
        }
    }
}

/// Something that uses a secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecretUse")]
struct UseView {
    /// `endpoint`, `channel`.
    kind: &'static str,
    /// Its id.
    id: String,
    /// What it is called.
    name: String,
}

impl From<&SecretUse> for UseView {
    fn from(one: &SecretUse) -> Self {
        Self { kind: one.kind, id: one.id.clone(), name: one.name.clone() }
    }
}

impl SecretView {
    pub(super) fn of(secret: &NamedSecret) -> Self {
        Self {
            id: secret.id,
            name: secret.name.as_str().to_owned(),
            description: secret.description.as_str().to_owned(),
            purpose: secret.purpose.clone(),
            version: secret.newest.number,
            fingerprint: secret.newest.fingerprint.map(|mark| mark.to_hex()),
            origin: secret.newest.origin.into(),
            remind_after_days: secret.remind.as_days(),
            created_at: secret.created_at,
            updated_at: secret.updated_at,
            rotated_at: secret.newest.created_at,
            last_used_at: secret.last_used_at(),
            used_by: secret.uses.iter().map(UseView::from).collect(),
        }
    }
}

/// A secret with its versions, without values.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecretWithVersions")]
pub(super) struct ShownView {
    #[serde(flatten)]
    view: SecretView,
    /// Newest first.
    versions: Vec<VersionView>,
}

/// One version.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecretVersion")]
struct VersionView {
    version: u32,
    fingerprint: Option<String>,
    origin: OriginWord,
    created_at: Time,
    /// Until when it may be used; the newest one has no end.
    expires_at: Option<Time>,
    /// Whether it may be used now.
    usable: bool,
}

impl ShownView {
    pub(super) fn of(secret: &NamedSecret, versions: &[VersionSummary], now: Time) -> Self {
        let version = |one: &VersionSummary| VersionView {
            version: one.number,
            fingerprint: one.fingerprint.map(|mark| mark.to_hex()),
            origin: one.origin.into(),
            created_at: one.created_at,
            expires_at: one.expires_at,
            usable: is_usable(one.expires_at, now),
        };
        Self { view: SecretView::of(secret), versions: versions.iter().map(version).collect() }
    }
}

/// A secret that was just made, or given another version.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewSecret")]
pub(super) struct MadeView<'a> {
    #[serde(flatten)]
    view: SecretView,
    /// The value, if it was generated: shown now and never again. `null` if it was brought in, or this answers a repeated request.
    value: Option<&'a str>,
}

impl<'a> MadeView<'a> {
    pub(super) fn of(secret: &NamedSecret, shown: Option<&'a SecretText>) -> Self {
        Self { view: SecretView::of(secret), value: shown.map(SecretText::expose) }
    }
}

/// One change of a secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecretChange")]
pub(super) struct ChangeView {
    /// When.
    at: Time,
    /// `created`, `changed` (its name, description or reminder), `rotated` (it got another version).
    kind: &'static str,
    /// Its newest version then.
    version: u32,
    /// Who: `member`, `key`, `operator`, `directory`, `system`, `anonymous`.
    actor_kind: &'static str,
    /// Their id, if they have one.
    actor: Option<String>,
    /// From where: eight hexadecimal digits, the same for changes of this secret from one network (/24 or /48) on one day. Absent for
    /// what was done along with something else.
    network: Option<String>,
}

impl ChangeView {
    pub(super) fn of(change: &SecretChange) -> Self {
        let (actor_kind, actor) = actor(change.actor);
        Self {
            at: change.at,
            kind: change.kind.word(),
            version: change.version,
            actor_kind,
            actor,
            network: change.network.map(|mark| mark.to_hex()),
        }
    }
}

/// Who acted: the kind's word, and an id where there is one.
pub(in crate::secrets) fn actor(actor: Actor) -> (&'static str, Option<String>) {
    match actor.kind {
        ActorKind::Anonymous => ("anonymous", None),
        ActorKind::Key => ("key", Some(ApiKeyId::from_bytes(actor.id).to_string())),
        ActorKind::System => ("system", None),
        ActorKind::Member => ("member", Some(MemberId::from_bytes(actor.id).to_string())),
        ActorKind::Operator => ("operator", None),
        ActorKind::Directory => ("directory", Some(ScimTokenId::from_bytes(actor.id).to_string())),
        ActorKind::Support => ("support", Some(SupportGrantId::from_bytes(actor.id).to_string())),
    }
}
