//! A policy as requests and answers say it.

use schemars::JsonSchema;
use sealpost_access::masking::{DailyReveals, Masking, Policy, Rules, Standing};
use sealpost_store::Time;
use sealpost_web::Refusal;
use serde::{Deserialize, Serialize};

use crate::masking::codes::MASKING_RULES_MISPLACED;

/// What is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "MaskingMode")]
pub(crate) enum Mode {
    /// Every payload value and destination.
    Default,
    /// Of payload values what the rules match; destinations and what is known about a person as by default.
    Patterns,
    /// Nothing, from whoever has `data:reveal`; everybody else sees what they see by default.
    Off,
}

impl Mode {
    /// The mode with its rules, if these belong together.
    pub(crate) fn with(self, rules: Option<Rules>) -> Result<Masking, Refusal> {
        match (self, rules) {
            (Self::Default, None) => Ok(Masking::Default),
            (Self::Patterns, Some(rules)) => Ok(Masking::Patterns(rules.into())),
            (Self::Off, None) => Ok(Masking::Off),
            (Self::Patterns, None) => Err(Refusal::of(&MASKING_RULES_MISPLACED).at("/rules", "field_missing")),
            (Self::Default | Self::Off, Some(_)) => {
                Err(Refusal::of(&MASKING_RULES_MISPLACED).at("/rules", "field_unexpected"))
            }
        }
    }
}

/// What is hidden in the test environment, if that is more than in live.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TestMasking")]
pub(crate) struct InTest {
    /// What is hidden.
    mode: Mode,
    /// For mode `patterns`.
    rules: Option<Rules>,
}

impl InTest {
    /// As rules of masking know it.
    pub(crate) fn masking(self) -> Result<Masking, Refusal> {
        self.mode.with(self.rules)
    }

    fn of(masking: &Masking) -> Self {
        let (mode, rules) = parts(masking);
        Self { mode, rules }
    }
}

fn parts(masking: &Masking) -> (Mode, Option<Rules>) {
    match masking {
        Masking::Default => (Mode::Default, None),
        Masking::Patterns(rules) => (Mode::Patterns, Some(Rules::clone(rules))),
        Masking::Off => (Mode::Off, None),
    }
}

/// A policy in one form only: what an approval pins.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::masking) struct Whole {
    mode: Mode,
    rules: Option<Rules>,
    test: Option<InTest>,
    reveals_per_day: DailyReveals,
}

impl Whole {
    pub(in crate::masking) fn of(policy: &Policy) -> Self {
        let (mode, rules) = parts(&policy.masking);
        Self { mode, rules, test: policy.test.as_ref().map(InTest::of), reveals_per_day: policy.reveals }
    }

    pub(in crate::masking) fn policy(self) -> Result<Policy, Refusal> {
        let masking = self.mode.with(self.rules)?;
        let test = self.test.map(InTest::masking).transpose().map_err(|refusal| refusal.below("/test"))?;
        Ok(Policy { masking, test, reveals: self.reveals_per_day })
    }
}

/// The policy in force.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MaskingPolicy")]
pub(crate) struct PolicyView {
    /// What is hidden.
    mode: Mode,
    /// The rules of mode `patterns`; nothing in other modes.
    rules: Option<Rules>,
    /// What is hidden in the test environment, if that is more.
    test: Option<InTest>,
    /// How many looks at clear data one key has in a day (UTC).
    reveals_per_day: DailyReveals,
    /// How often the policy was changed.
    version: u32,
    /// When it was changed last; nothing if never.
    changed_at: Option<Time>,
}

impl From<&Standing> for PolicyView {
    fn from(standing: &Standing) -> Self {
        let (mode, rules) = parts(&standing.policy.masking);
        let (test, reveals_per_day) = (standing.policy.test.as_ref().map(InTest::of), standing.policy.reveals);
        Self { mode, rules, test, reveals_per_day, version: standing.version, changed_at: standing.since }
    }
}
