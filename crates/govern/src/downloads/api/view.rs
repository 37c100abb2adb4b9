//! Downloads as answers say them.

use schemars::JsonSchema;
use sealpost_store::{Actor, ActorKind, ApiKeyId, ApprovalId, DownloadId, Environment, MemberId, Time};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::audit::TypedId;
use crate::downloads::model::{Download, Fetch, Format, State, Wanted};
use crate::downloads::quota::Left;
use crate::downloads::rules::{Because, TRIES};
use crate::downloads::service::Prospect;
use crate::downloads::write::hex;

/// A file that somebody asked for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Download")]
pub(super) struct View {
    /// Its id.
    id: DownloadId,
    /// `test` or `live`.
    environment: &'static str,
    /// Rows of what.
    source: String,
    /// Its columns.
    columns: Vec<String>,
    /// As what it is written.
    format: Format,
    /// Whether one of its columns is personal.
    personal: bool,
    /// How many rows it has at most.
    rows_at_most: u64,
    /// Who asked; only they fetch it.
    asked_by: Option<TypedId>,
    /// What others decide about, if it takes that.
    approval_id: Option<ApprovalId>,
    /// When it was asked for: nothing that came to be later is in it.
    created_at: Time,
    /// Where it stands.
    state: State,
    /// When it came to that.
    updated_at: Time,
}

/// A file with what is known of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DownloadDetails")]
pub(super) struct Details {
    #[serde(flatten)]
    view: View,
    /// Why it has come to its end, as a code, where that needs one.
    why: Option<String>,
    /// Which rows; gone with the file.
    filter: Option<Value>,
    /// Why it was asked for; gone with the file, and sealed in the ledger.
    reason: Option<String>,
    /// How many rows are written.
    rows: u64,
    /// How many bytes that is.
    bytes: u64,
    /// The SHA-256 of it, once it is whole.
    sha256: Option<String>,
    /// Until when it waits for whoever asked.
    expires_at: Option<Time>,
    /// How often it was begun to be fetched, and until when it may be begun again; nothing before.
    fetch: Option<FetchView>,
}

/// A file that was begun to be fetched.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DownloadFetch")]
struct FetchView {
    /// How often it was begun.
    tries: u32,
    /// How often it may be begun at most.
    tries_at_most: u32,
    /// Until when it may be begun again.
    until: Time,
    /// Until when nobody begins, because it is being handed over.
    held_until: Option<Time>,
}

impl From<Fetch> for FetchView {
    fn from(of: Fetch) -> Self {
        Self { tries: of.tries, tries_at_most: TRIES, until: of.until, held_until: of.held_until }
    }
}

/// What a file would come to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DownloadPreview")]
pub(super) struct Preview {
    /// Rows of what.
    source: &'static str,
    /// Its columns.
    columns: Vec<String>,
    /// Which of them are personal.
    personal_columns: Vec<String>,
    /// How many rows it has at most.
    rows_at_most: u64,
    /// Why it takes an approval, if it does.
    takes_approval: Option<Because>,
    /// Its first rows as you would get them.
    #[schemars(with = "Vec<Value>")]
    rows: Vec<Map<String, Value>>,
    /// The same with everything personal hidden: what others see who decide.
    #[schemars(with = "Vec<Value>")]
    sample: Vec<Map<String, Value>>,
    /// What is left to you today.
    left_today: Left,
}

impl View {
    pub(super) fn of(of: &Download, environment: Environment) -> Self {
        Self {
            id: of.id,
            environment: environment.as_str(),
            source: of.source.clone(),
            columns: of.columns.clone(),
            format: of.format,
            personal: of.personal,
            rows_at_most: of.estimate,
            asked_by: asker(of.actor),
            approval_id: of.approval,
            created_at: of.created_at,
            state: of.state,
            updated_at: of.updated_at,
        }
    }
}

impl Details {
    pub(super) fn of(of: &Download, environment: Environment, wanted: Option<Wanted>) -> Self {
        let (filter, reason) = wanted.map(|wanted| (wanted.filter, wanted.reason)).unzip();
        Self {
            view: View::of(of, environment),
            why: of.why.clone(),
            filter,
            reason,
            rows: of.written.rows,
            bytes: of.written.bytes,
            sha256: of.written.sha256.map(hex),
            expires_at: of.expires_at,
            fetch: of.fetch.map(FetchView::from),
        }
    }
}

impl From<Prospect> for Preview {
    fn from(of: Prospect) -> Self {
        let about = of.source.source();
        let is_personal = |name: &&String| about.column(name).is_some_and(|column| column.personal);
        Self {
            source: about.word,
            personal_columns: of.columns.iter().filter(is_personal).cloned().collect(),
            columns: of.columns,
            rows_at_most: of.rows,
            takes_approval: of.takes,
            rows: of.own,
            sample: of.sample,
            left_today: of.left,
        }
    }
}

/// The id of whoever asked.
pub(in crate::downloads) fn asker(actor: Actor) -> Option<TypedId> {
    let kind = match actor.kind {
        ActorKind::Member => MemberId::PREFIX,
        ActorKind::Key => ApiKeyId::PREFIX,
        ActorKind::Anonymous | ActorKind::System | ActorKind::Operator | ActorKind::Directory | ActorKind::Support => {
            return None;
        }
    };
    Some(TypedId { kind: kind.to_owned(), id: actor.id })
}
