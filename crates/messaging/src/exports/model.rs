//! What an export says, piece by piece.

use schemars::JsonSchema;
use sealpost_govern::audit::{ActorWord, TypedId};
use sealpost_govern::looks::Looked;
use sealpost_seal::View;
use sealpost_store::{ContactId, OrgId, RequestId, SuppressionId, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::channels::ChannelKind;
use crate::messages::Whole;
use crate::suppressions::{Reason, Suppression};
use crate::workflows::WholeRun;

/// As what it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ExportForm")]
pub(super) enum Form {
    /// For programs: all of it.
    #[default]
    Json,
    /// For people: all of it but the HTML of e-mails, which is their text again.
    Pdf,
}

impl Form {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Pdf => "pdf",
        }
    }

    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Pdf => "application/pdf",
        }
    }
}

/// The whole document as its schema says it. It is written piece by piece, and never stands in memory.
#[derive(JsonSchema)]
#[schemars(rename = "ContactExport")]
#[expect(dead_code, reason = "describes what is written piece by piece")]
pub(super) struct Document {
    /// What this is.
    export: About,
    /// What is known about the person.
    person: Person,
    /// Every message to them, newest first.
    messages: Vec<Whole>,
    /// Every run of a workflow for them, newest first.
    workflow_runs: Vec<WholeRun>,
    /// Which of their addresses, today's and those of their messages, nobody may write to.
    suppressions: Vec<Suppressed>,
    /// Who looked at them, their messages or runs, exports included, oldest first.
    looks: Vec<LookView>,
    /// What else is held that names or shows nobody.
    also_held: Vec<AlsoHeld>,
    /// Says that nothing is missing: an export that was cut off has no such member.
    complete: Counts,
}

/// What this is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExportHead")]
pub(super) struct About {
    /// The version of this form.
    pub(super) version: u32,
    /// About whom.
    pub(super) contact_id: ContactId,
    /// Who holds this.
    pub(super) organisation_id: OrgId,
    /// `test` or `live`.
    pub(super) environment: &'static str,
    /// When it was written.
    pub(super) exported_at: Time,
    /// The request on record.
    pub(super) request_id: RequestId,
}

/// What is known about a person.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeldPerson")]
pub(super) struct Person {
    /// Name.
    #[schemars(with = "Option<String>")]
    pub(super) name: Option<View>,
    /// Phone number.
    #[schemars(with = "Option<String>")]
    pub(super) phone: Option<View>,
    /// E-mail address.
    #[schemars(with = "Option<String>")]
    pub(super) email: Option<View>,
    /// What the organisation calls them in its own systems.
    #[schemars(with = "Option<String>")]
    pub(super) external_id: Option<View>,
    /// Contacts that turned out to be the same person, with further addresses.
    pub(super) merged: Vec<Further>,
    /// Language.
    pub(super) locale: Option<String>,
    /// Since when they are known.
    pub(super) created_at: Time,
    /// When that was last changed.
    pub(super) updated_at: Time,
}

/// Further addresses of theirs, of a contact that was merged into this one.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeldFurther")]
pub(super) struct Further {
    /// That contact.
    pub(super) contact_id: ContactId,
    /// Since when it is this one.
    pub(super) merged_at: Time,
    /// Phone number.
    #[schemars(with = "Option<String>")]
    pub(super) phone: Option<View>,
    /// E-mail address.
    #[schemars(with = "Option<String>")]
    pub(super) email: Option<View>,
    /// What the organisation calls them in its own systems.
    #[schemars(with = "Option<String>")]
    pub(super) external_id: Option<View>,
}

/// An address of theirs that nobody may write to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeldSuppression")]
pub(super) struct Suppressed {
    /// Its id.
    pub(super) id: SuppressionId,
    /// For which way of writing.
    pub(super) channel: ChannelKind,
    /// Why.
    pub(super) reason: Reason,
    /// Since when.
    pub(super) created_at: Time,
}

impl From<Suppression> for Suppressed {
    fn from(of: Suppression) -> Self {
        Self { id: of.id, channel: of.channel, reason: of.reason, created_at: of.created_at }
    }
}

/// A look at them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeldLook")]
pub(super) struct LookView {
    /// Where it stands in the ledger.
    pub(super) ledger_seq: u64,
    /// When.
    pub(super) at: Time,
    /// What was done: `contact.reveal`, `message.reveal`, `workflow_run.reveal`, `contact.export`.
    pub(super) action: String,
    /// At what.
    pub(super) target: TypedId,
    /// What kind of party looked.
    pub(super) by_kind: ActorWord,
    /// Its id, if it has one.
    pub(super) by: Option<TypedId>,
    /// Whether they were let.
    pub(super) allowed: bool,
    /// Whether they gave a reason; it is sealed in the ledger.
    pub(super) reason_given: bool,
    /// The request it belongs to.
    pub(super) request_id: RequestId,
}

impl From<Looked> for LookView {
    fn from(of: Looked) -> Self {
        let Looked { seq, at, action, target, by_kind, by, allowed, reason_given, request_id } = of;
        Self { ledger_seq: seq, at, action, target, by_kind, by, allowed, reason_given, request_id }
    }
}

/// Something else that is held.
#[derive(Serialize, JsonSchema)]
pub(super) struct AlsoHeld {
    /// What.
    pub(super) what: &'static str,
    /// What for, and how long.
    pub(super) why: &'static str,
}

/// What is held beside what the export shows.
pub(super) const ALSO_HELD: [AlsoHeld; 5] = [
    AlsoHeld {
        what: "keyed hashes of the addresses, by which the person is found",
        why: "made anew under another key each month; gone when the person is erased",
    },
    AlsoHeld {
        what: "leaves of the audit ledger: ids, codes and times of what was done",
        why: "evidence; kept, and says of nobody who they were",
    },
    AlsoHeld {
        what: "details of the ledger that members wrote, such as reasons for looks",
        why: "sealed; deleted after the days the installation sets",
    },
    AlsoHeld {
        what: "answers to requests that may come twice, masked and sealed",
        why: "so that nothing is done twice; for three days",
    },
    AlsoHeld { what: "copies in backups", why: "unreadable without keys that backups of the data don't have" },
];

/// How much of each there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ExportCounts")]
pub(super) struct Counts {
    /// Messages.
    pub(super) messages: u64,
    /// Runs of workflows.
    pub(super) workflow_runs: u64,
    /// Suppressions.
    pub(super) suppressions: u64,
    /// Looks.
    pub(super) looks: u64,
}

/// A list of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Messages,
    Runs,
    Suppressions,
    Looks,
    AlsoHeld,
}

impl Section {
    /// The member of the document.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Runs => "workflow_runs",
            Self::Suppressions => "suppressions",
            Self::Looks => "looks",
            Self::AlsoHeld => "also_held",
        }
    }

    /// Its heading.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Messages => "Messages",
            Self::Runs => "Runs of workflows",
            Self::Suppressions => "Addresses nobody may write to",
            Self::Looks => "Who looked",
            Self::AlsoHeld => "What else is held",
        }
    }
}

/// What comes next in the document.
pub(super) enum Piece {
    /// The head; first.
    About(About),
    /// The person.
    Person(Person),
    /// From here on elements of this list come.
    Begin(Section),
    /// A message.
    Message(Box<Whole>),
    /// A run of a workflow.
    Run(Box<WholeRun>),
    /// A suppression.
    Suppressed(Suppressed),
    /// A look.
    Look(LookView),
    /// Something else.
    AlsoHeld(AlsoHeld),
    /// Nothing else; last.
    Complete(Counts),
}

/// A piece could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritable {
    /// As JSON.
    #[error("a piece can't be written as JSON")]
    Json(#[from] serde_json::Error),
    /// Into a PDF.
    #[error(transparent)]
    Pdf(#[from] sealpost_govern::paper::Unprintable),
}

/// Writes pieces, and keeps what it has written until it is taken.
pub(super) trait Writer: Send {
    /// Writes the next piece.
    fn write(&mut self, piece: &Piece) -> Result<(), Unwritable>;

    /// How many bytes wait to be taken.
    fn waiting(&self) -> usize;

    /// Takes them.
    fn take(&mut self) -> Vec<u8>;
}

/// A value of the document as text for people: a text as it is, nothing as nothing, and anything else as JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
