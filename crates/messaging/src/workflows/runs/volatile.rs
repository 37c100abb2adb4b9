//! Runs of which nothing may be written: what they know is in the memory of the process that began them, and lost with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sealpost_seal::Key;
use sealpost_store::{Ctx, StoreError, WorkflowRunId, sql};

use super::store;
use crate::messages::Kind;
use crate::storage::Mode;
use crate::workflows::Workflows;
use crate::workflows::model::Run;

/// Why a run failed that the memory of a dead process knew.
pub(crate) const PAYLOAD_LOST: &str = "payload_lost";

/// Texts of replies that are held for a run besides the answers.
pub(super) const REPLIES: usize = 4;

/// How it is known who has a run in memory.
pub(crate) static RUNS: Kind = Kind {
    held: sql!("insert into volatile_run (org, env, run, holder, created_at) values ($1, $2, $3, $4, $5)"),
    holder: sql!("select holder from volatile_run where org = $1 and env = $2 and run = $3"),
    released: sql!("delete from volatile_run where org = $1 and env = $2 and run = $3"),
    is_over: |tx, id| Ok(store::find(tx, WorkflowRunId::from_bytes(id))?.is_none_or(|run| run.state.is_over())),
};

/// What is in memory of a run: sealed, beside a key that is nowhere else.
pub(super) struct Held {
    key: Arc<Key>,
    payload: Vec<u8>,
    answers: Mutex<Option<Vec<u8>>>,
    replies: Mutex<BTreeMap<String, Vec<u8>>>,
}

/// Where what a run knows is.
pub(super) enum Memory {
    /// Written, as far as it is written at all.
    Stored,
    /// Here.
    Here(Arc<Held>),
    /// With another process, which lives.
    Elsewhere,
    /// Nowhere any more.
    Lost,
}

impl Held {
    pub(super) fn new(key: Arc<Key>, payload: Vec<u8>) -> Self {
        Self { key, payload, answers: Mutex::default(), replies: Mutex::default() }
    }

    /// The key that is nowhere else.
    pub(super) fn key(&self) -> &Arc<Key> {
        &self.key
    }

    /// The run with what it knows.
    pub(super) fn remind(&self, run: Run) -> Run {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Run { payload: Some(self.payload.clone()), answers, ..run }
    }

    /// What its calls were answered, from now on.
    pub(super) fn learn(&self, answers: Vec<u8>) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner) = Some(answers);
    }

    /// Keeps what a reply says, as far as there is room: of those beyond it is known that they came.
    pub(super) fn hear(&self, name: String, sealed: Vec<u8>) {
        let mut replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        if replies.len() < REPLIES {
            replies.insert(name, sealed);
        }
    }

    /// What the reply of this name says.
    pub(super) fn reply(&self, name: &str) -> Option<Vec<u8>> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// A wait was satisfied by it.
    pub(super) fn spend(&self, name: &str) {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

impl Workflows {
    /// Where what this run knows is.
    pub(super) async fn memory_of(&self, ctx: &Ctx, run: &Run) -> Result<Memory, StoreError> {
        if run.storage != Mode::Never {
            return Ok(Memory::Stored);
        }
        let (vault, id) = (&self.on.vault, run.id.bytes());
        if let Some(held) = vault.get::<Held>(id) {
            return Ok(Memory::Here(held));
        }
        let is_elsewhere = vault.is_elsewhere(self.store(), ctx, &RUNS, id).await?;
        Ok(if is_elsewhere { Memory::Elsewhere } else { Memory::Lost })
    }
}
