//! What says what a route is.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::label::Label;
use crate::routes::{OnUnknown, Plan, Step, Strategy};

/// A new route with its first version.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewRoute")]
pub(super) struct NewBody {
    /// What it is called.
    pub(super) name: Label,
    /// In which order steps are tried.
    strategy: Strategy,
    /// What follows an attempt of which nobody knows whether it was sent, for codes; `same` if absent.
    #[serde(default)]
    on_unknown: OnUnknown,
    /// The steps, each through another channel of the same kind.
    #[schemars(length(min = 1, max = 8))]
    steps: Vec<Step>,
}

/// A new version of a route.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewRouteVersion")]
pub(super) struct VersionBody {
    /// In which order steps are tried.
    strategy: Strategy,
    /// What follows an attempt of which nobody knows whether it was sent, for codes; `same` if absent.
    #[serde(default)]
    on_unknown: OnUnknown,
    /// The steps, each through another channel of the route's kind.
    #[schemars(length(min = 1, max = 8))]
    steps: Vec<Step>,
    /// Whether it is used from the next message on; if not, it waits to be promoted.
    #[serde(default = "yes")]
    pub(super) in_force: bool,
}

fn yes() -> bool {
    true
}

impl NewBody {
    pub(super) fn plan(&self) -> Plan {
        Plan { strategy: self.strategy, on_unknown: self.on_unknown, steps: self.steps.clone() }
    }
}

impl VersionBody {
    pub(super) fn plan(&self) -> Plan {
        Plan { strategy: self.strategy, on_unknown: self.on_unknown, steps: self.steps.clone() }
    }
}
