//! What a policy says.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_store::{Environment, Time};
use serde::{Deserialize, Serialize};

use crate::events::Class;

/// What is stored of a message for how long, the loosest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "StorageMode")]
pub enum Mode {
    /// Address, data and content, sealed, for so many days.
    #[default]
    Keep,
    /// The same until the message has come to its end.
    UntilDelivered,
    /// Nothing is ever written: it is in memory until the message has come to its end.
    Never,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Keep, Self::UntilDelivered, Self::Never];

    /// Its word, as it is stored and sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::UntilDelivered => "until_delivered",
            Self::Never => "never",
        }
    }

    /// Whichever of both stores less.
    pub(crate) fn stricter(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::UntilDelivered, _) | (_, Self::UntilDelivered) => Self::UntilDelivered,
            (Self::Keep, Self::Keep) => Self::Keep,
        }
    }

    /// The mode of this word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// Why nothing is stored of a message any more, or never was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Its class is never stored.
    Never,
    /// It came to its end.
    UntilDelivered,
    /// Its days were over.
    Retention,
    /// Somebody wanted it gone.
    Purged,
}

impl Gone {
    const ALL: [Self; 4] = [Self::Never, Self::UntilDelivered, Self::Retention, Self::Purged];

    /// Its word, as it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::UntilDelivered => "until_delivered",
            Self::Retention => "retention",
            Self::Purged => "purged",
        }
    }

    /// The name of the rule, as whoever looks for the payload is shown it.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Never => "payload_storage.never",
            Self::UntilDelivered => "payload_storage.until_delivered",
            Self::Retention => "payload_storage.retention",
            Self::Purged => "payload_storage.purge",
        }
    }

    /// What is called so.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gone| gone.word() == word)
    }
}

/// The most days anything is kept.
const MOST_DAYS: u16 = 3_650;

/// For how many days: 1 to 3,650; 90 unless decided otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Days(u16);

/// Not 1 to 3,650 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out_of_range")]
pub struct OutOfRange;

impl Days {
    /// So many, if that is in range.
    pub fn new(days: u16) -> Result<Self, OutOfRange> {
        if (1..=MOST_DAYS).contains(&days) { Ok(Self(days)) } else { Err(OutOfRange) }
    }

    /// How many.
    pub const fn count(self) -> u16 {
        self.0
    }

    /// The same in milliseconds.
    pub const fn ms(self) -> i64 {
        self.0 as i64 * 86_400_000
    }
}

impl Default for Days {
    fn default() -> Self {
        Self(90)
    }
}

impl TryFrom<u16> for Days {
    type Error = OutOfRange;

    fn try_from(days: u16) -> Result<Self, OutOfRange> {
        Self::new(days)
    }
}

impl From<Days> for u16 {
    fn from(days: Days) -> Self {
        days.0
    }
}

impl JsonSchema for Days {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "StorageDays".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": MOST_DAYS })
    }
}

/// What holds for messages of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StorageRule")]
pub struct Rule {
    /// What is stored for how long.
    pub mode: Mode,
    /// For how many days what is kept, also what was kept before another mode was chosen.
    pub days: Days,
}

impl Rule {
    /// The same for people.
    pub(super) fn in_words(self) -> String {
        match self.mode {
            Mode::Keep => format!("kept for {} days", self.days.count()),
            Mode::UntilDelivered => "until it is delivered".to_owned(),
            Mode::Never => "never written".to_owned(),
        }
    }
}

/// What holds for each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StorageRules")]
pub struct ByClass {
    /// One-time codes.
    pub otp: Rule,
    /// What somebody needs because of something they did.
    pub transactional: Rule,
    /// What somebody has agreed to get.
    pub marketing: Rule,
}

impl ByClass {
    /// What holds for this class.
    pub const fn rule(&self, class: Class) -> Rule {
        match class {
            Class::Otp => self.otp,
            Class::Transactional => self.transactional,
            Class::Marketing => self.marketing,
        }
    }

    /// Where it stands.
    pub(super) const fn rule_mut(&mut self, class: Class) -> &mut Rule {
        match class {
            Class::Otp => &mut self.otp,
            Class::Transactional => &mut self.transactional,
            Class::Marketing => &mut self.marketing,
        }
    }
}

/// What an organisation stores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Of messages to real people.
    pub live: ByClass,
    /// Of messages that reach nobody: never more than of those.
    pub test: ByClass,
}

impl Policy {
    /// What holds in an environment.
    pub const fn of(&self, environment: Environment) -> &ByClass {
        match environment {
            Environment::Live => &self.live,
            Environment::Test => &self.test,
        }
    }

    /// What holds for a class in an environment.
    pub const fn rule(&self, environment: Environment, class: Class) -> Rule {
        self.of(environment).rule(class)
    }
}

/// The policy in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// What it says.
    pub(super) policy: Policy,
    /// How often it was changed.
    pub(super) version: u32,
    /// Since when; never, if nobody has decided anything.
    pub(super) since: Option<Time>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_database_and_modes_are_ordered_by_how_little_is_stored() {
        assert!(Mode::ALL.iter().all(|mode| Mode::read(mode.word()) == Some(*mode)));
        assert!(Gone::ALL.iter().all(|gone| Gone::read(gone.word()) == Some(*gone)));
        assert!(Mode::ALL.is_sorted() && Mode::read("off").is_none());
        assert!(Days::new(0).is_err() && Days::new(3_651).is_err() && Days::new(3_650).is_ok());
    }
}
