//! Why somebody is erased: one of a few codes that tell nobody anything about them, and how soon it is to be final.

use schemars::JsonSchema;
use sealpost_store::{Cell, Column, Param, Time, Value};
use serde::{Deserialize, Serialize};

use super::model::COPIES_MS;

/// On what ground (Article 17 (1) GDPR, where it lists them).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ErasureReason")]
pub enum Ground {
    /// The person asked.
    Asked,
    /// The person took their consent back.
    ConsentWithdrawn,
    /// The person objected.
    Objected,
    /// What was known about them is not needed any more.
    NotNeeded,
    /// It should not have been known.
    Unlawful,
    /// The law, or a court, says so.
    LegalObligation,
}

impl Ground {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Asked, Self::ConsentWithdrawn, Self::Objected, Self::NotNeeded, Self::Unlawful, Self::LegalObligation];

    /// Its code, as it is stored and sent, and the reason code of its leaf.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::ConsentWithdrawn => "consent_withdrawn",
            Self::Objected => "objected",
            Self::NotNeeded => "not_needed",
            Self::Unlawful => "unlawful",
            Self::LegalObligation => "legal_obligation",
        }
    }

    /// The same, for people.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Asked => "They asked to be forgotten",
            Self::ConsentWithdrawn => "They took their consent back",
            Self::Objected => "They objected",
            Self::NotNeeded => "Their data is not needed any more",
            Self::Unlawful => "Their data should not have been kept",
            Self::LegalObligation => "The law or a court says so",
        }
    }
}

impl Column for Ground {
    fn read(cell: Cell<'_>) -> Option<Self> {
        let Cell::Text(code) = cell else { return None };
        Self::ALL.into_iter().find(|ground| ground.code() == code)
    }
}

impl Param for Ground {
    fn value(&self) -> Value<'_> {
        Value::Text(self.code())
    }
}

/// How soon an erasure is to be final: until no copy of the key store that was made before opens anything of the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ErasureFinality")]
pub enum Finality {
    /// When the last copy from before has rotated out: within seven days.
    #[default]
    WithCopies,
    /// At once: the keys of all copies from before are destroyed with the person's.
    Immediate,
}

impl Finality {
    /// When an erasure that begins now is final.
    pub(super) fn at(self, now: Time) -> Time {
        match self {
            Self::WithCopies => now.plus_ms(COPIES_MS),
            Self::Immediate => now,
        }
    }
}

/// What is said of an erasure when it is asked for.
#[derive(Default)]
pub struct Asked {
    /// On what ground.
    pub ground: Option<Ground>,
    /// What else there is to say about it, for whoever reads the ledger later.
    pub note: Option<sealpost_govern::Reason>,
    /// How soon it is to be final.
    pub finality: Finality,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ground_is_read_back_by_its_code_and_sent_by_the_same() {
        for ground in Ground::ALL {
            assert_eq!(Ground::read(Cell::Text(ground.code())), Some(ground));
            assert_eq!(serde_json::to_value(ground).unwrap(), ground.code());
        }
        assert_eq!(Ground::read(Cell::Text("because")), None);
    }
}
