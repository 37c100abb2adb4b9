//! What of a run is sealed, under which key, for which place.

use sealpost_seal::Place;
use sealpost_seal::envelope;
use sealpost_seal::key::{Key, KeyId, combine};
use sealpost_store::{ContactId, Ctx, Org, SlotId, StoreError, WorkflowRunId};
use serde_json::{Map, Value};

use super::model::Run;

const TABLE: &str = "workflow_run";
const REPLIES: &str = "workflow_signal";

/// A run's key: made from the contact's subject key and from a slot of the run's own, so that destroying either of them makes the run
/// noise.
pub(super) struct RunKey {
    key: Key,
    id: KeyId,
}

impl RunKey {
    pub(super) fn new(subject: &Key, slot_key: &Key, slot: SlotId) -> Self {
        let mut id = KeyId([0; 8]);
        id.0.copy_from_slice(&slot.bytes()[8..]);
        Self { key: combine(subject, slot_key, "workflow_run"), id }
    }

    pub(super) fn seal(
        &self,
        ctx: &Ctx,
        run: WorkflowRunId,
        contact: ContactId,
        column: &'static str,
        clear: &Map<String, Value>,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let clear = zeroize::Zeroizing::new(serde_json::to_vec(clear)?);
        Ok(envelope::seal(&self.key, self.id, &place(ctx.org, &run.bytes(), contact, column), &clear, ctx.rng()))
    }

    fn open(
        &self,
        org: Org,
        run: &Run,
        column: &'static str,
        sealed: Option<&[u8]>,
    ) -> Result<Map<String, Value>, StoreError> {
        let Some(sealed) = sealed else { return Ok(Map::new()) };
        let clear = envelope::open(&self.key, &place(org, &run.id.bytes(), run.contact, column), sealed)?;
        serde_json::from_slice(&clear).map_err(|_| StoreError::Unopenable)
    }

    /// Seals what a contact replied, at the place of the signal of this name.
    pub(super) fn seal_reply(&self, ctx: &Ctx, run: WorkflowRunId, name: &str, text: &str) -> Vec<u8> {
        let row = reply_row(run, name);
        envelope::seal(&self.key, self.id, &reply_place(ctx.org, &row), text.as_bytes(), ctx.rng())
    }

    /// What a contact replied.
    pub(super) fn open_reply(
        &self,
        org: Org,
        run: WorkflowRunId,
        name: &str,
        sealed: &[u8],
    ) -> Result<String, StoreError> {
        let row = reply_row(run, name);
        let clear = envelope::open(&self.key, &reply_place(org, &row), sealed)?;
        std::str::from_utf8(&clear).map(str::to_owned).map_err(|_| StoreError::Unopenable)
    }

    /// What the run was started with, and what its calls were answered.
    pub(super) fn open_both(
        &self,
        org: Org,
        run: &Run,
    ) -> Result<(Map<String, Value>, Map<String, Value>), StoreError> {
        Ok((
            self.open(org, run, "payload", run.payload.as_deref())?,
            self.open(org, run, "answers", run.answers.as_deref())?,
        ))
    }
}

fn place<'a>(org: Org, row: &'a [u8; 16], contact: ContactId, column: &'static str) -> Place<'a> {
    Place {
        org: org.id.bytes(),
        environment: Some(org.environment),
        table: TABLE,
        column,
        row,
        owner: Some(contact.bytes()),
    }
}

fn reply_row(run: WorkflowRunId, name: &str) -> Vec<u8> {
    [&run.bytes()[..], name.as_bytes()].concat()
}

/// The key is made of the contact's already: no owner has to stand beside it.
fn reply_place(org: Org, row: &[u8]) -> Place<'_> {
    Place {
        org: org.id.bytes(),
        environment: Some(org.environment),
        table: REPLIES,
        column: "payload",
        row,
        owner: None,
    }
}
