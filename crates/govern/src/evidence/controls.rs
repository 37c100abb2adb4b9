//! Controls of laws and standards, each with what proves it: tests by name, and how things stand right now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::facts::Reading;

/// The map, as it is written.
const MAP: &str = include_str!("controls.json");

/// A control as it is written in the map.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) framework: String,
    pub(super) control: String,
    pub(super) title: String,
    pub(super) how: String,
    /// Names of tests, anywhere in the sources.
    pub(super) tests: Vec<String>,
    /// Names of readings.
    pub(super) readings: Vec<String>,
}

/// A control of a law or standard, and what the product does about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// `GDPR`, `SOC 2`, `PCI DSS`, `ISO 27001`, `CCPA`.
    pub framework: String,
    /// Which: `Art. 17`.
    pub control: String,
    /// What it asks for.
    pub title: String,
    /// What the product does about it.
    pub how: String,
    /// What proves that.
    pub proof: Proof,
}

/// What proves a control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ControlProof")]
pub struct Proof {
    /// Tests that hold before any version is made, by name.
    pub tests: Vec<String>,
    /// How things stand right now.
    pub readings: Vec<Reading>,
}

/// The map as it is written; nothing if it can't be read, which a test would have found.
pub(super) fn map() -> Vec<Row> {
    serde_json::from_str(MAP).unwrap_or_default()
}

/// Every control with these readings.
pub(super) fn with(readings: &[Reading]) -> Vec<Control> {
    let of = |name: &String| {
        let found = readings.iter().find(|reading| reading.name == *name).cloned();
        found.unwrap_or_else(|| Reading::new(name, "nobody can read this here", None))
    };
    let control = |row: Row| Control {
        proof: Proof { readings: row.readings.iter().map(of).collect(), tests: row.tests },
        framework: row.framework,
        control: row.control,
        title: row.title,
        how: row.how,
    };
    map().into_iter().map(control).collect()
}
