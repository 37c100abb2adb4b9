//! What is stored, as requests and answers say it.

use schemars::JsonSchema;
use sealpost_store::{ContactId, LegalHoldId, PurgeId, Time};
use serde::{Deserialize, Serialize};

use crate::events::Class;
use crate::storage::model::{ByClass, Standing};
use crate::storage::preview::Horizon;
use crate::storage::rules::{ByClassChange, PolicyChange};
use crate::storage::store::{Hold, Purge};

/// Rules that shall be different; what isn't named stays.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StoragePreview")]
pub(super) struct Asked {
    /// In the live environment. Where it becomes stricter than the test environment, that follows.
    #[serde(default)]
    live: ByClassChange,
    /// In the test environment: never more than in the live one.
    #[serde(default)]
    test: ByClassChange,
}

impl From<Asked> for PolicyChange {
    fn from(Asked { live, test }: Asked) -> Self {
        Self { live, test }
    }
}

/// The policy in force.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StoragePolicy")]
pub(super) struct PolicyView {
    /// How often it was changed.
    version: u32,
    /// What is stored of messages to real people.
    live: ByClass,
    /// What is stored of messages that reach nobody.
    test: ByClass,
    /// When it was changed last; nothing if never.
    changed_at: Option<Time>,
    /// The newest purges of this environment.
    purges: Vec<PurgeView>,
}

impl PolicyView {
    pub(super) fn of(standing: &Standing, purges: &[Purge]) -> Self {
        let Standing { policy, version, since } = *standing;
        let purges = purges.iter().map(PurgeView::from).collect();
        Self { version, live: policy.live, test: policy.test, changed_at: since, purges }
    }
}

/// Past payloads that somebody wants gone.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StoragePurge")]
pub(super) struct PurgeView {
    /// Its id.
    id: PurgeId,
    /// Of which class.
    class: Class,
    /// `under_way` or `done`.
    state: &'static str,
    /// How many messages were let go so far.
    messages: u64,
    /// When it began: what was accepted before goes.
    created_at: Time,
    /// When nothing was left to do.
    done_at: Option<Time>,
}

impl From<&Purge> for PurgeView {
    fn from(purge: &Purge) -> Self {
        let Purge { id, class, shredded: messages, created_at, done_at, .. } = *purge;
        Self { id, class, state: if done_at.is_some() { "done" } else { "under_way" }, messages, created_at, done_at }
    }
}

/// A legal hold.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LegalHold")]
pub(super) struct HoldView {
    /// Its id.
    pub(super) id: LegalHoldId,
    /// Who is held; nothing for a set of messages.
    contact_id: Option<ContactId>,
    /// How many messages are held, if it is a set.
    messages: Option<u64>,
    /// When it was placed.
    created_at: Time,
    /// When it was lifted.
    lifted_at: Option<Time>,
}

impl From<&Hold> for HoldView {
    fn from(hold: &Hold) -> Self {
        Self {
            id: hold.id,
            contact_id: hold.contact,
            messages: hold.contact.is_none().then_some(hold.items),
            created_at: hold.created_at,
            lifted_at: hold.lifted_at,
        }
    }
}

/// What rules would let go when, of what is stored in this environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StorageHorizon")]
pub(super) struct HorizonView {
    /// `test` or `live`.
    pub(super) environment: &'static str,
    /// One for each class.
    pub(super) classes: Vec<ClassHorizon>,
}

/// What is stored of one class, and when it would be let go.
#[derive(Serialize, JsonSchema)]
pub(super) struct ClassHorizon {
    /// Which.
    class: Class,
    /// Messages of which something is stored: what a purge would let go, but for what is held or under way.
    stored: u64,
    /// Those that would be let go at once.
    now: u64,
    /// Those that would be let go later.
    months: Vec<MonthView>,
}

/// What would be let go in one month.
#[derive(Serialize, JsonSchema)]
struct MonthView {
    /// `2026-01`.
    month: String,
    /// How many messages.
    messages: u64,
}

impl From<Horizon> for ClassHorizon {
    fn from(Horizon { class, stored, now, months }: Horizon) -> Self {
        let months = months.into_iter().map(|(month, messages)| MonthView { month, messages }).collect();
        Self { class, stored, now, months }
    }
}
