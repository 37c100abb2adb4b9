//! What workflows and their runs are.

use schemars::JsonSchema;
use sealpost_store::{ContactId, MessageId, SlotId, Time, WorkflowId, WorkflowRunId};
use serde::{Deserialize, Serialize};

use super::definition::Definition;
use crate::events::Class;
use crate::label::Label;
use crate::storage::{Gone, Mode};

/// A workflow to be made, with its first version, which is not in force yet.
pub struct NewWorkflow {
    /// What it is called.
    pub name: Label,
    /// What its first version says.
    pub definition: Definition,
}

/// A workflow.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// Its id.
    pub id: WorkflowId,
    /// What it is called.
    pub name: String,
    /// Its newest version.
    pub version: u32,
    /// The version that new runs begin with; 0: none, so that none begins.
    pub live_version: u32,
    /// How often that was decided.
    pub promotions: u32,
    /// When it was made.
    pub created_at: Time,
}

/// One version of a workflow; never changes.
#[derive(Clone, Debug)]
pub struct WorkflowVersion {
    /// Its number, from 1.
    pub version: u32,
    /// What it says.
    pub definition: Definition,
    /// When it was made.
    pub created_at: Time,
    /// Since when it has been in force for the first time, if it ever was.
    pub released_at: Option<Time>,
}

/// The version of a workflow that new runs begin with.
#[derive(Clone, Debug)]
pub(super) struct InForce {
    /// Of which workflow.
    pub id: WorkflowId,
    /// Its number.
    pub version: u32,
    /// What it says.
    pub definition: Definition,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WorkflowRunState")]
pub enum RunState {
    /// On its way to the next node.
    Running,
    /// It rests at a node.
    Waiting,
    /// It came to an end node.
    Done,
    /// A node went wrong in a way that nothing was said for.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

impl RunState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Running, Self::Waiting, Self::Done, Self::Failed, Self::Cancelled];

    /// The word it is stored and shown as.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing follows by itself.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// What became of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WorkflowStepState")]
pub enum StepState {
    /// An endpoint is being asked right now, or was when the process died.
    Calling,
    /// The run rests here, or before the next attempt.
    Waiting,
    /// It went as it should.
    Done,
    /// What was waited for did not happen in time, or can't any more.
    InVain,
    /// It was refused, or answered with no.
    Refused,
    /// It went wrong.
    Failed,
    /// An endpoint was asked and its answer is lost: it may or may not have heard.
    Unknown,
    /// Somebody wants it done once more.
    Again,
}

impl StepState {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Calling,
        Self::Waiting,
        Self::Done,
        Self::InVain,
        Self::Refused,
        Self::Failed,
        Self::Unknown,
        Self::Again,
    ];

    /// The word it is stored and shown as.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Calling => "calling",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::InVain => "in_vain",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Again => "again",
        }
    }

    /// The state of this word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A run as it is stored.
#[derive(Clone)]
pub struct Run {
    /// Its id.
    pub id: WorkflowRunId,
    /// Of what.
    pub workflow: WorkflowId,
    /// The version it began with, and ends with.
    pub version: u32,
    /// For whom.
    pub contact: ContactId,
    /// What it is for.
    pub class: Class,
    /// What of it is stored for how long, as it was decided when it began.
    pub storage: Mode,
    /// Why nothing of what was sealed is stored any more.
    pub gone: Option<Gone>,
    /// Its slot of the key store.
    pub slot: SlotId,
    /// What it was started with, sealed.
    pub payload: Option<Vec<u8>>,
    /// What its calls were answered, as far as a node asks for it, sealed.
    pub answers: Option<Vec<u8>>,
    /// The node it is at.
    pub node: String,
    /// Where it stands.
    pub state: RunState,
    /// Why, as a code; of a run that is done, what it came to.
    pub reason: Option<String>,
    /// Until when it rests.
    pub wakes_at: Option<Time>,
    /// When it began.
    pub created_at: Time,
    /// When it came to its state.
    pub updated_at: Time,
}

/// A reply that a run was told of and that no wait of it was satisfied by yet.
#[derive(Clone, Debug)]
pub(super) struct Replied {
    /// What the run calls it.
    pub(super) name: String,
    /// When it came.
    pub(super) at: Time,
    /// Its text, sealed; nothing if no node looks at it, or if it may not be written.
    pub(super) sealed: Option<Vec<u8>>,
}

/// What became of a node in a run.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which.
    pub node: String,
    /// Its kind.
    pub kind: String,
    /// What became of it.
    pub state: StepState,
    /// How often it was tried.
    pub attempt: u32,
    /// A code that says more.
    pub detail: Option<String>,
    /// What an endpoint answered.
    pub status: Option<u16>,
    /// What was sent.
    pub message: Option<MessageId>,
    /// When the run came to it.
    pub started_at: Time,
    /// When that became of it.
    pub updated_at: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_survive_the_database() {
        assert!(RunState::ALL.into_iter().all(|state| RunState::read(state.word()) == Some(state)));
        assert!(StepState::ALL.into_iter().all(|state| StepState::read(state.word()) == Some(state)));
        assert_eq!((RunState::read("gone"), StepState::read("gone")), (None, None));
    }
}
