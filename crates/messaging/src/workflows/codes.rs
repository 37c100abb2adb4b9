//! Why workflows are refused, as clients learn it.

use sealpost_store::StoreError;
use sealpost_web::{Failure, Refusal, not_found};

use super::definition::Wrong;

sealpost_web::codes! {
    /// 409: the name is taken.
    WORKFLOW_EXISTS = 409 "workflow_exists" "Another workflow has this name";
    /// 422: the definition can't be run; each place names the node.
    WORKFLOW_INVALID = 422 "workflow_invalid" "The workflow can't be run as described";
    /// 422: it fires an event or asks an endpoint that is not there, or is not verified.
    WORKFLOW_NOT_READY = 422 "workflow_not_ready" "The workflow names events or endpoints that can't be used";
    /// 409: another version than the one that was expected is in force.
    WORKFLOW_MOVED = 409 "workflow_moved" "Another version is in force than the one that was expected";
    /// 422: there is no such version.
    WORKFLOW_VERSION_UNKNOWN = 422 "workflow_version_unknown" "There is no such version of the workflow";
    /// 422: no workflow of this name, or none of its versions is in force.
    WORKFLOW_UNKNOWN = 422 "workflow_unknown" "No workflow of this name is in force";
    /// 422: the trigger can't be made as described.
    TRIGGER_INVALID = 422 "trigger_invalid" "The trigger can't be made as described";
    /// 401: whoever calls is not who has the trigger's secret. Said alike of whatever was wrong.
    TRIGGER_NOT_BELIEVED = 401 "signature_invalid" "The request is not signed as it has to be";
    /// 422: what came doesn't say for whom, or what it is.
    TRIGGER_UNREADABLE = 422 "webhook_unreadable" "The webhook does not say what its trigger looks for";
    /// 422: no node waits for it.
    SIGNAL_UNKNOWN = 422 "signal_unknown" "No node of this workflow waits for this signal";
    /// 409: it is done, or was cancelled.
    RUN_OVER = 409 "run_over" "The run is over";
    /// 409: only what has failed is tried once more.
    RUN_NOT_FAILED = 409 "run_not_failed" "The run has not failed";
    /// 409: what it was started with is not stored any more.
    RUN_PAYLOAD_GONE = 409 "run_payload_gone" "What the run was started with is not stored any more";
}

/// Why something can't be done with a workflow.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowRefusal {
    /// Another workflow has this name.
    #[error("another workflow has this name")]
    NameTaken,
    /// The definition can't be run.
    #[error("the workflow can't be run as described")]
    Invalid(Vec<Wrong>),
    /// Names in it lead nowhere.
    #[error("the workflow names what can't be used")]
    NotReady(Vec<Wrong>),
    /// Another version is in force.
    #[error("another version is in force")]
    Moved,
    /// There is no such version.
    #[error("there is no such version")]
    VersionUnknown,
    /// There is no such workflow here.
    #[error("there is no such workflow")]
    NotFound,
    /// Others would have to agree, and can't be asked.
    #[error("others would have to agree")]
    Unasked(Failure),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<WorkflowRefusal> for Failure {
    fn from(refusal: WorkflowRefusal) -> Self {
        let each = |refusal: Refusal, wrong: Vec<Wrong>| {
            wrong
                .into_iter()
                .fold(refusal, |refusal, wrong| refusal.at(format!("/definition{}", wrong.place), wrong.code))
        };
        Self::Refused(match refusal {
            WorkflowRefusal::NameTaken => Refusal::of(&WORKFLOW_EXISTS).at("/name", "taken"),
            WorkflowRefusal::Invalid(wrong) => each(Refusal::of(&WORKFLOW_INVALID), wrong),
            WorkflowRefusal::NotReady(wrong) => each(Refusal::of(&WORKFLOW_NOT_READY), wrong),
            WorkflowRefusal::Moved => Refusal::of(&WORKFLOW_MOVED).at("/expected", "moved"),
            WorkflowRefusal::VersionUnknown => Refusal::of(&WORKFLOW_VERSION_UNKNOWN).at("/version", "unknown"),
            WorkflowRefusal::NotFound => not_found(),
            WorkflowRefusal::Unasked(failure) => return failure,
            WorkflowRefusal::Store(error) => return error.into(),
        })
    }
}
