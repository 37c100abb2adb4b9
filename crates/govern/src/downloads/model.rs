//! What a download is.

use schemars::JsonSchema;
use sealpost_store::{Actor, ApprovalId, DownloadId, SlotId, Time};
use sealpost_web::Refusal;
use sealpost_web::problem::BODY_INVALID;
use serde::{Deserialize, Serialize};

/// As what rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DownloadFormat")]
pub enum Format {
    /// A table for spreadsheets (RFC 4180), in which no cell is a formula.
    #[default]
    Csv,
    /// For programs: a JSON object on each line.
    Jsonl,
    /// To read and to print: a table whose head every page repeats, with who took it under every page. At most 50,000 rows.
    Pdf,
}

impl Format {
    const ALL: [Self; 3] = [Self::Csv, Self::Jsonl, Self::Pdf];

    /// Its word, and the end of a file's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Pdf => "pdf",
        }
    }

    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Jsonl => "application/jsonl",
            Self::Pdf => "application/pdf",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// Where a download stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DownloadState")]
pub enum State {
    /// Others have to agree first.
    Waiting,
    /// It is to be written.
    Queued,
    /// It is being written.
    Writing,
    /// It can be fetched, once.
    Ready,
    /// It was fetched.
    Delivered,
    /// Others did not agree.
    Refused,
    /// It could not be written.
    Failed,
    /// Whoever asked took it back.
    Cancelled,
    /// Nobody fetched it in time.
    Expired,
}

impl State {
    const ALL: [Self; 9] = [
        Self::Waiting,
        Self::Queued,
        Self::Writing,
        Self::Ready,
        Self::Delivered,
        Self::Refused,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// Its word, as it is stored and sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Queued => "queued",
            Self::Writing => "writing",
            Self::Ready => "ready",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// Whether something can still become of it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Queued | Self::Writing | Self::Ready)
    }
}

/// Under what rules files of many rows leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DownloadRules")]
pub struct Policy {
    /// Every file takes an approval.
    pub always: bool,
    /// A file with a column of personal data takes one, however few its rows are.
    pub personal: bool,
    /// A file of more rows than this takes one; nothing: not because of its rows.
    pub above_rows: Option<u32>,
    /// How many hours a file waits for whoever asked, 1 to 24.
    #[schemars(range(min = 1, max = 24))]
    pub keep_hours: u8,
    /// How many files somebody may take in a day, 1 to 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub files_per_day: u32,
    /// How many rows somebody may take in a day, 1 to 100 million.
    #[schemars(range(min = 1, max = 100_000_000))]
    pub rows_per_day: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            always: false,
            personal: true,
            above_rows: Some(1_000),
            keep_hours: 24,
            files_per_day: 50,
            rows_per_day: 1_000_000,
        }
    }
}

impl Policy {
    /// As it is, if it says what can be.
    pub(super) fn checked(self) -> Result<Self, Refusal> {
        let places = [
            ("/keep_hours", (1..=24).contains(&self.keep_hours)),
            ("/files_per_day", (1..=1_000).contains(&self.files_per_day)),
            ("/rows_per_day", (1..=100_000_000).contains(&self.rows_per_day)),
        ];
        match places.into_iter().find(|(_, holds)| !holds) {
            Some((place, _)) => Err(Refusal::of(&BODY_INVALID).at(place, "out_of_range")),
            None => Ok(self),
        }
    }
}

/// The rules in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) policy: Policy,
    /// How often they were changed.
    pub(super) version: u32,
    /// Since when; never, if nobody has decided anything.
    pub(super) since: Option<Time>,
}

/// What is sealed with a file: which rows, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Which rows, as the source reads it.
    pub(super) filter: serde_json::Value,
    /// Why.
    pub(super) reason: String,
}

/// A download, as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Download {
    pub(super) id: DownloadId,
    pub(super) source: String,
    pub(super) format: Format,
    /// Its columns, in their order.
    pub(super) columns: Vec<String>,
    /// Whether one of them is personal.
    pub(super) personal: bool,
    /// How many rows it has at most.
    pub(super) estimate: u64,
    /// Who asked.
    pub(super) actor: Actor,
    /// Where the key is that all of it is sealed under.
    pub(super) slot: SlotId,
    /// Sealed; nothing once that key is destroyed.
    pub(super) wanted: Option<Vec<u8>>,
    /// Of all that was asked for.
    pub(super) digest: [u8; 32],
    /// What others decide about.
    pub(super) approval: Option<ApprovalId>,
    pub(super) state: State,
    /// Why it has come to its end, as a code.
    pub(super) why: Option<String>,
    /// What its asker saw when it was written.
    pub(super) sight: Option<String>,
    /// How often it was begun to be written.
    pub(super) run: u32,
    pub(super) written: Written,
    /// Nothing until it was begun to be fetched.
    pub(super) fetch: Option<Fetch>,
    pub(super) created_at: Time,
    pub(super) updated_at: Time,
    pub(super) expires_at: Option<Time>,
}

/// How a file that was begun to be fetched is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fetch {
    /// How often it was begun.
    pub(super) tries: u32,
    /// Until when it may be begun again.
    pub(super) until: Time,
    /// Of whom: the session or key that began it.
    pub(super) by: [u8; 16],
    /// Until when nobody else begins, because it is being handed over.
    pub(super) held_until: Option<Time>,
}

/// How much of it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) chunks: u32,
    /// Of all of it, once it is whole.
    pub(super) sha256: Option<[u8; 32]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        assert!(State::ALL.into_iter().all(|state| State::of(state.word()) == Some(state)));
        assert!(Format::ALL.into_iter().all(|format| Format::of(format.word()) == Some(format)));
    }

    #[test]
    fn rules_say_what_can_be() {
        let day = |files_per_day, rows_per_day| Policy { files_per_day, rows_per_day, ..Policy::default() };
        assert!(Policy::default().checked().is_ok());
        for bad in [day(0, 1), day(1, 0), day(1_001, 1), day(1, 100_000_001)] {
            assert!(bad.checked().is_err(), "{bad:?}");
        }
        for keep_hours in [0, 25] {
            assert!(Policy { keep_hours, ..Policy::default() }.checked().is_err());
        }
    }
}
