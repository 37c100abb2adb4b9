//! What is stored for how long, among the security settings.

use sealpost_govern::Reason;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_govern::masking::codes::REASON_REQUIRED;
use sealpost_govern::security::{Changes, Standing as Word, Switch, SwitchState, Turned, typed};
use sealpost_store::{OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::Failure;
use serde::Deserialize;
use serde_json::{Value, json};

use super::codes::STORAGE_TEST_LOOSER;
use super::model::{ByClass, Mode};
use super::rules::{ByClassChange, PolicyChange};
use super::service::{self, Outcome};
use super::store;
use crate::events::Class;

/// The storage of payloads as a switch.
pub const SWITCH: Switch = Switch {
    name: "payload_storage",
    title: "Payload storage",
    says: "What a message was filled with is kept sealed for so many days, until it is delivered, or never written at all. That it was \
           sent stays provable.",
    state,
    changes: Changes::By(change, ("storage.change", None)),
    refuses: &[&STORAGE_TEST_LOOSER, &REASON_REQUIRED, &APPROVAL_PERSON_UNKNOWN],
    page: Some("/storage"),
};

fn state(tx: &mut Tx<'_>, _: &OrgKeys) -> Result<SwitchState, StoreError> {
    let standing = store::standing(tx)?;
    let policy = standing.policy;
    let settings = json!({ "live": policy.live, "test": policy.test, "version": standing.version });
    let facts = vec![("Live", in_words(&policy.live)), ("Test", in_words(&policy.test))];
    Ok(SwitchState { standing: word(&policy.live), settings, facts, changed_at: standing.since })
}

fn word(rules: &ByClass) -> Word {
    match Class::ALL.into_iter().filter(|class| rules.rule(*class).mode == Mode::Keep).count() {
        0 => Word::Off,
        all if all == Class::ALL.len() => Word::On,
        _ => Word::Partly,
    }
}

fn in_words(rules: &ByClass) -> String {
    let of = |class: Class| format!("{}: {}", class.as_str(), rules.rule(class).in_words());
    Class::ALL.map(of).join("; ")
}

/// What is to change; the rest stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    live: ByClassChange,
    #[serde(default)]
    test: ByClassChange,
}

fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    wanted: Value,
    reason: Option<&Reason>,
) -> Result<Recorded<Turned>, Failure> {
    let Wanted { live, test } = typed(wanted)?;
    Ok(service::change(tx, keys, &PolicyChange { live, test }, None, reason)?.map(|outcome| match outcome {
        Outcome::InForce(_) => Turned::Done,
        Outcome::Waits(approval) => Turned::Waits(approval.id),
    }))
}
