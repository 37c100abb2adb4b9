//! Reading the evidence.

use std::sync::Arc;

use sealpost_store::{Ctx, Store, StoreError};

use super::controls::{self, Control};
use super::facts::{Facts, Reading, Source};
use super::own::Own;
use super::record::Record;

/// What the installation says about itself, beside what the parts of the product do.
#[derive(Clone)]
pub struct Installation {
    /// Its version.
    pub version: &'static str,
    /// The parts that add to the evidence.
    pub sources: Arc<[Arc<dyn Source>]>,
}

/// The evidence of all organisations; cheap to clone.
#[derive(Clone)]
pub struct Evidence {
    pub(super) store: Store,
    pub(super) installation: Installation,
}

impl Evidence {
    /// Of this installation.
    pub fn new(store: Store, installation: Installation) -> Self {
        Self { store, installation }
    }

    /// Everything the parts know.
    pub(super) async fn facts(&self, ctx: &Ctx) -> Result<Facts, StoreError> {
        let mut facts = Own(self.store.clone()).facts(ctx).await?;
        for source in self.installation.sources.iter() {
            facts.add(source.facts(ctx).await?);
        }
        let events: usize = facts.uses.iter().map(|one| one.events.len()).sum();
        let (all, personal) = (facts.recipients.len(), facts.recipients.iter().filter(|one| one.personal).count());
        facts.readings.extend([
            Reading::new("purposes", format!("{events} events, each of a class that says what for"), None),
            Reading::new("recipients", format!("{all} are configured, {personal} of them get personal data"), None),
        ]);
        Ok(facts)
    }

    /// The record of processing.
    pub async fn record(&self, ctx: &Ctx) -> Result<Record, StoreError> {
        let facts = self.facts(ctx).await?;
        self.record_of(ctx, &facts).await
    }

    pub(super) async fn record_of(&self, ctx: &Ctx, facts: &Facts) -> Result<Record, StoreError> {
        let name = Own(self.store.clone()).name(ctx).await?;
        Ok(Record::of(ctx, name, facts))
    }

    /// The controls, each with what proves it and how things stand.
    pub async fn controls(&self, ctx: &Ctx) -> Result<Vec<Control>, StoreError> {
        Ok(controls::with(&self.facts(ctx).await?.readings))
    }

    /// How things stand.
    pub async fn readings(&self, ctx: &Ctx) -> Result<Vec<Reading>, StoreError> {
        Ok(self.facts(ctx).await?.readings)
    }
}
