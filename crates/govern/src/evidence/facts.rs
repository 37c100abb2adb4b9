//! What parts of the product know that belongs into the evidence.

use schemars::JsonSchema;
use sealpost_store::{Ctx, StoreError};
use sealpost_web::BoxFuture;
use serde::{Deserialize, Serialize};

/// A part of the product that adds to the evidence. What it says is read from what is in force, never from what was written down
/// about it.
pub trait Source: Send + Sync {
    /// What it knows about the organisation and environment of this context.
    fn facts<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<Facts, StoreError>>;
}

/// What a part knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// What people are written to for.
    pub uses: Vec<Use>,
    /// Who gets what.
    pub recipients: Vec<Recipient>,
    /// How long what is kept.
    pub retention: Vec<Retention>,
    /// What protects it.
    pub measures: Vec<Measure>,
    /// How things stand right now.
    pub readings: Vec<Reading>,
    /// Settings of the installation, without secrets.
    pub configuration: Vec<(String, String)>,
    /// What it is made of.
    pub parts: Vec<Part>,
}

impl Facts {
    /// With what another part knows.
    pub(super) fn add(&mut self, other: Self) {
        self.uses.extend(other.uses);
        self.recipients.extend(other.recipients);
        self.retention.extend(other.retention);
        self.measures.extend(other.measures);
        self.readings.extend(other.readings);
        self.configuration.extend(other.configuration);
        self.parts.extend(other.parts);
    }
}

/// What people are written to for: the events of one class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProcessingPurpose")]
pub struct Use {
    /// `otp`, `transactional` or `marketing`.
    pub class: String,
    /// What that is.
    pub purpose: String,
    /// Events that are sent for it, by name.
    pub events: Vec<String>,
}

/// Who gets something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProcessingRecipient")]
pub struct Recipient {
    /// `email_relay`, `endpoint`, `sign_in_service`, `siem`, `telemetry`, …
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// Where it is: a host.
    pub host: String,
    /// What it gets.
    pub gets: String,
    /// Whether that is personal.
    pub personal: bool,
}

/// How long something is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProcessingRetention")]
pub struct Retention {
    /// What.
    pub what: String,
    /// How long, or until what.
    pub until: String,
    /// In days, where it is days.
    pub days: Option<u32>,
}

impl Retention {
    /// Kept until something happens.
    pub fn until(what: &str, until: &str) -> Self {
        Self { what: what.into(), until: until.into(), days: None }
    }

    /// Kept for so many days.
    pub fn days(what: &str, days: u32) -> Self {
        let until = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
        Self { what: what.into(), until, days: Some(days) }
    }
}

/// What protects something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProcessingMeasure")]
pub struct Measure {
    /// What.
    pub what: String,
    /// How.
    pub how: String,
}

impl Measure {
    /// This, so.
    pub fn new(what: &str, how: impl Into<String>) -> Self {
        Self { what: what.into(), how: how.into() }
    }
}

/// How something stands right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ControlReading")]
pub struct Reading {
    /// What controls call it: `masking`.
    pub name: String,
    /// How it stands.
    pub says: String,
    /// Whether that is as it should be; nothing, where that is for people to judge.
    pub good: Option<bool>,
}

impl Reading {
    /// It stands so.
    pub fn new(name: &str, says: impl Into<String>, good: Option<bool>) -> Self {
        Self { name: name.into(), says: says.into(), good }
    }
}

/// Something the installation is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// `product`, `migration`, `library`.
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// Which one.
    pub version: String,
}
