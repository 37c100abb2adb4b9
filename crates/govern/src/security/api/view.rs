//! Switches as answers say them.

use schemars::JsonSchema;
use sealpost_store::Time;
use serde::Serialize;
use serde_json::Value;

use crate::audit::{ActorWord, TypedId};
use crate::security::service::Seen;
use crate::security::switch::{Changes, Standing};

/// The security settings.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecuritySettings")]
pub(super) struct SettingsView {
    /// Each switch, in the order people see them.
    switches: Vec<SwitchView>,
}

/// One switch.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecuritySwitch")]
struct SwitchView {
    /// Its name: the member of a change.
    name: &'static str,
    /// What people call it.
    title: &'static str,
    /// Whether it is on.
    state: Standing,
    /// Whether it can be changed.
    settable: bool,
    /// The whole of how it stands.
    #[schemars(with = "Value")]
    settings: Value,
    /// When it was changed last; nothing if never.
    changed_at: Option<Time>,
    /// That change, if the ledger has it.
    last_change: Option<LastChange>,
}

/// The last change of a switch.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecurityChange")]
struct LastChange {
    /// Its position in the ledger.
    seq: u64,
    /// What kind of party changed it.
    actor_kind: Option<ActorWord>,
    /// Who, if it has an id.
    actor: Option<TypedId>,
    /// Why; for whoever may read the ledger.
    reason: Option<String>,
}

impl SettingsView {
    /// As somebody sees them who may read the ledger or not.
    pub(super) fn of(all: &[Seen], reads_ledger: bool) -> Self {
        Self { switches: all.iter().map(|seen| SwitchView::of(seen, reads_ledger)).collect() }
    }
}

impl SwitchView {
    fn of(seen: &Seen, reads_ledger: bool) -> Self {
        let last = seen.last.as_ref().map(|entry| LastChange {
            seq: entry.seq,
            actor_kind: entry.act.as_ref().map(|act| act.actor_kind),
            actor: entry.act.as_ref().and_then(|act| act.actor.clone()),
            reason: seen.reason().filter(|_| reads_ledger),
        });
        Self {
            name: seen.switch.name,
            title: seen.switch.title,
            state: seen.state.standing,
            settable: matches!(seen.switch.changes, Changes::By(..)),
            settings: seen.state.settings.clone(),
            changed_at: seen.state.changed_at,
            last_change: last,
        }
    }
}
