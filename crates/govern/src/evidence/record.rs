//! The record of processing (GDPR Art. 30), as it is right now.

use schemars::JsonSchema;
use sealpost_store::{Ctx, OrgId, Time};
use serde::{Deserialize, Serialize};

use super::categories::{self, Held};
use super::facts::{Facts, Measure, Recipient, Retention, Use};

/// The record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProcessingRecord")]
pub struct Record {
    /// Whose processing it is.
    pub organisation_id: OrgId,
    /// What it is called.
    pub organisation: String,
    /// `test` or `live`.
    pub environment: String,
    /// When this was read.
    pub at: Time,
    /// What people are written to for.
    pub purposes: Vec<Use>,
    /// What is held, by category.
    pub categories: Vec<Held>,
    /// Who gets what.
    pub recipients: Vec<Recipient>,
    /// What leaves the organisation's own systems for other countries is decided by where the recipients are; the product has no
    /// service of its own.
    pub transfers: String,
    /// How long what is kept.
    pub retention: Vec<Retention>,
    /// What protects it (Art. 32).
    pub measures: Vec<Measure>,
}

impl Record {
    pub(super) fn of(ctx: &Ctx, organisation: String, facts: &Facts) -> Self {
        Self {
            organisation_id: ctx.org.id,
            organisation,
            environment: ctx.org.environment.as_str().to_owned(),
            at: ctx.now(),
            purposes: facts.uses.clone(),
            categories: categories::held(),
            recipients: facts.recipients.clone(),
            transfers:
                "to the recipients above, and to nobody else: the product runs on the organisation's own machines and \
                        calls nobody it wasn't told to"
                    .into(),
            retention: facts.retention.clone(),
            measures: facts.measures.clone(),
        }
    }
}
