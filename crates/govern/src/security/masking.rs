//! What is masked, as a switch.

use sealpost_access::masking::{self, DailyReveals, Masking, Policy, Rules};
use sealpost_store::{OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Refusal};
use serde::Deserialize;
use serde_json::Value;

use super::api::OF_MASKING;
use super::switch::{Changes, Standing, Switch, SwitchState, Turned, typed};
use crate::masking::codes::MASKING_RULES_MISPLACED;
use crate::masking::{Mode, Outcome, PolicyView, change as put_into_force, in_words};
use crate::reason::Reason;

pub(super) const SWITCH: Switch = Switch {
    name: "masking",
    title: "Masking",
    says: "What is personal is hidden from everybody who reads. Who may see it in clear gives a reason, and is on the record.",
    state,
    changes: Changes::By(change, ("masking.change", None)),
    refuses: &OF_MASKING,
    page: Some("/security/masking"),
};

fn state(tx: &mut Tx<'_>, keys: &OrgKeys) -> Result<SwitchState, StoreError> {
    let standing = masking::standing(tx, keys)?;
    let policy = &standing.policy;
    let settings = serde_json::to_value(PolicyView::from(&standing)).unwrap_or(Value::Null);
    let facts = vec![
        ("Live", in_words(&policy.masking)),
        ("Test", policy.test.as_ref().map_or_else(|| "The same".to_owned(), in_words)),
        ("Looks a day", policy.reveals.count().to_string()),
    ];
    Ok(SwitchState { standing: word(policy), settings, facts, changed_at: standing.since })
}

fn word(policy: &Policy) -> Standing {
    match (&policy.masking, &policy.test) {
        (Masking::Default, _) => Standing::On,
        (Masking::Off, None | Some(Masking::Off)) => Standing::Off,
        (Masking::Patterns(_) | Masking::Off, _) => Standing::Partly,
    }
}

/// What of the policy is to change; the rest stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) mode: Option<Mode>,
    pub(super) rules: Option<Rules>,
    pub(super) test: Option<WantedInTest>,
    pub(super) reveals_per_day: Option<DailyReveals>,
}

/// What the test environment is to hide.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedInTest {
    pub(super) mode: TestMode,
    pub(super) rules: Option<Rules>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TestMode {
    /// What live hides.
    AsLive,
    Default,
    Patterns,
    Off,
}

impl Wanted {
    /// The whole policy, as it shall be.
    pub(super) fn of(self, now: &Policy) -> Result<Policy, Refusal> {
        let masking = match (self.mode, self.rules, &now.masking) {
            (Some(mode), rules, _) => mode.with(rules)?,
            (None, None, masking) => masking.clone(),
            (None, Some(rules), Masking::Patterns(_)) => Masking::Patterns(rules.into()),
            (None, Some(_), _) => return Err(Refusal::of(&MASKING_RULES_MISPLACED).at("/rules", "field_unexpected")),
        };
        let test = match self.test {
            None => now.test.clone(),
            Some(test) => test.masking().map_err(|refusal| refusal.below("/test"))?,
        };
        Ok(Policy { masking, test, reveals: self.reveals_per_day.unwrap_or(now.reveals) })
    }
}

impl WantedInTest {
    fn masking(self) -> Result<Option<Masking>, Refusal> {
        let mode = match self.mode {
            TestMode::AsLive if self.rules.is_none() => return Ok(None),
            TestMode::AsLive | TestMode::Default => Mode::Default,
            TestMode::Patterns => Mode::Patterns,
            TestMode::Off => Mode::Off,
        };
        mode.with(self.rules).map(Some)
    }
}

fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    wanted: Value,
    reason: Option<&Reason>,
) -> Result<Recorded<Turned>, Failure> {
    put(tx, keys, typed(wanted)?, reason)
}

/// Puts what is wanted into force, or asks for that.
pub(super) fn put(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    wanted: Wanted,
    reason: Option<&Reason>,
) -> Result<Recorded<Turned>, Failure> {
    let now = masking::standing(tx, keys)?.policy;
    Ok(put_into_force(tx, keys, wanted.of(&now)?, reason)?.map(|outcome| match outcome {
        Outcome::InForce(_) => Turned::Done,
        Outcome::Waits(approval) => Turned::Waits(approval.id),
    }))
}
