//! What replies are.

use schemars::JsonSchema;
use sealpost_store::WorkflowRunId;
use sealpost_web::IdempotencyKey;
use serde::{Deserialize, Serialize};

use crate::contacts::Recipient;

/// A reply, as whoever hears it says it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewReply")]
pub(in crate::workflows) struct NewReply {
    /// Who replied.
    pub(super) from: Recipient,
    /// What they said: 1 to 4,096 characters.
    #[schemars(length(min = 1, max = 4_096))]
    pub(super) text: String,
    /// What it is called by whoever heard it: the same once more does nothing, and is answered alike.
    #[schemars(length(min = 1, max = 128))]
    pub(super) id: Option<String>,
    /// Makes a retry safe; the `Idempotency-Key` header means the same.
    #[expect(dead_code, reason = "web finds it in the body; here it is only declared")]
    idempotency_key: Option<IdempotencyKey>,
}

/// What a reply did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TakenReply")]
pub(in crate::workflows) struct Taken {
    /// The runs that go on with it, at once or as soon as they come to their wait.
    pub(in crate::workflows) runs: Vec<WorkflowRunId>,
    /// The runs it began.
    pub(in crate::workflows) began: Vec<WorkflowRunId>,
}
