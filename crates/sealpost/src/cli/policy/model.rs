//! What is compared.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What one thing says, by field.
pub(super) type Fields = Map<String, Value>;

/// One thing as a file says it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    /// Its name; empty where there is one of its kind.
    pub(super) name: String,
    /// What it says.
    pub(super) fields: Fields,
}

/// One thing as the server says it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Standing {
    /// Its name; empty where there is one of its kind.
    pub(super) name: String,
    /// What it says.
    pub(super) fields: Fields,
    /// Its id; empty where there is one of its kind.
    pub(super) id: String,
    /// How often it was changed, where that is counted.
    pub(super) version: Option<u64>,
    /// What its newest version says, if another one is in force, or none yet.
    pub(super) draft: Option<Fields>,
}

/// What is to be done to one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Act {
    /// It isn't there.
    Create,
    /// It says something else.
    Change,
    /// It is there and in no file.
    Remove,
}

impl Act {
    /// As a list marks it.
    pub(super) fn mark(self) -> char {
        match self {
            Self::Create => '+',
            Self::Change => '~',
            Self::Remove => '-',
        }
    }
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// Which: `mode`, or `live.otp.days` for what is nested.
    pub(super) field: String,
    /// What is there; nothing if it isn't.
    pub(super) before: Value,
    /// What shall be; nothing if it shall not.
    pub(super) after: Value,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// Of which kind it is.
    pub(super) kind: String,
    /// What it is called; empty where there is one of its kind.
    pub(super) name: String,
    /// What is to be done.
    pub(super) act: Act,
    /// In what it differs.
    pub(super) lines: Vec<Line>,
    /// The whole of what it shall say; nothing of what shall go.
    pub(super) wanted: Fields,
}

impl Change {
    /// What people call it: `event otp.login`.
    pub(super) fn title(&self) -> String {
        if self.name.is_empty() { self.kind.clone() } else { format!("{} {}", self.kind, self.name) }
    }
}
