//! What an organisation may decide about its protection.

use std::sync::Arc;

use sealpost_store::{ApprovalId, OrgKeys, Recorded, StoreError, Time, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Code, Failure, Refusal};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{fixed, ledger, masking};
use crate::approvals;
use crate::reason::Reason;

/// One protection.
#[derive(Clone, Copy)]
pub struct Switch {
    /// Its name in the API: `masking`.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it does, in a sentence.
    pub says: &'static str,
    /// How it stands.
    pub state: fn(&mut Tx<'_>, &OrgKeys) -> Result<SwitchState, StoreError>,
    /// How it is changed.
    pub changes: Changes,
    /// What a change may be refused with, besides what every change may be.
    pub refuses: &'static [&'static Code],
    /// Where it is changed by hand, after `/app/{env}`.
    pub page: Option<&'static str>,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// It is so.
    Done,
    /// Others have to agree first, to this.
    Waits(ApprovalId),
}

/// Changes a switch to what a request says (the member of the body that has its name), for a reason if one was given.
pub type Change = fn(&mut Tx<'_>, &OrgKeys, Value, Option<&Reason>) -> Result<Recorded<Turned>, Failure>;

/// What a request says of a switch, as the feature's own type. Never repeats what was sent: a code of ours, or none.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    serde_json::from_value(value).map_err(|error| {
        let says = error.to_string();
        let is_code = !says.is_empty() && says.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        Refusal::of(&BODY_INVALID).at("", if is_code { says } else { "field_invalid".to_owned() })
    })
}

/// How a switch is changed.
#[derive(Clone, Copy)]
pub enum Changes {
    /// By this, which leaves an act.
    By(Change, Act),
    /// Not at all, for this reason.
    Never(&'static Code),
}

/// What a change leaves in the ledger: an action and, where several share it, the leaf's reason. Its details hold `reason`.
pub type Act = (&'static str, Option<&'static str>);

/// How a switch stands.
#[derive(Clone, Debug)]
pub struct SwitchState {
    /// In a word.
    pub standing: Standing,
    /// The whole of it, as the API says it.
    pub settings: Value,
    /// The same for people: what is decided, and how.
    pub facts: Vec<(&'static str, String)>,
    /// When it was changed last; nothing if never.
    pub changed_at: Option<Time>,
}

/// Whether a protection is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SwitchStanding")]
pub enum Standing {
    /// It is.
    On,
    /// In part, or for one environment.
    Partly,
    /// It isn't.
    Off,
    /// This version doesn't have it.
    Unavailable,
}

/// All switches, in the order they are shown.
#[derive(Clone)]
pub struct Switches(Arc<[Switch]>);

impl Switches {
    /// Those of this crate, and those that are to come as what they are: unavailable.
    pub fn standard() -> Self {
        let all = [
            masking::SWITCH,
            fixed::PAYLOAD_STORAGE,
            approvals::SWITCH,
            fixed::SECURE_ENDPOINTS,
            fixed::SECURE_MEDIA,
            ledger::SWITCH,
        ];
        Self(all.into())
    }

    /// With this one, in the place of the one of its name.
    pub fn with(self, switch: Switch) -> Self {
        let mut all = self.0.to_vec();
        match all.iter_mut().find(|one| one.name == switch.name) {
            Some(one) => *one = switch,
            None => all.push(switch),
        }
        Self(all.into())
    }

    /// What a change of any may be refused with.
    pub(super) fn refuses(&self) -> Vec<&'static Code> {
        let mut all: Vec<&'static Code> = self.iter().flat_map(|switch| switch.refuses).copied().collect();
        all.sort_by_key(|code| code.code);
        all.dedup();
        all
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Switch> {
        self.0.iter()
    }

    pub(super) fn find(&self, name: &str) -> Option<&Switch> {
        self.iter().find(|one| one.name == name)
    }
}
