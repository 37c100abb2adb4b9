//! A look at a run in clear: on record before anything is opened.

use sealpost_govern::Reason;
use sealpost_govern::looks::{self, Look};
use sealpost_seal::viewer::Viewer;
use sealpost_store::{Ctx, StoreError, WorkflowRunId};
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::{Map, Value};

use super::view::Views;
use crate::workflows::Workflows;
use crate::workflows::codes::RUN_PAYLOAD_GONE;
use crate::workflows::model::Run;

/// What a run knows, opened.
pub(in crate::workflows) struct Opened {
    /// What it was started with.
    pub(in crate::workflows) data: Map<String, Value>,
    /// What its calls were answered, by node.
    pub(in crate::workflows) answers: Map<String, Value>,
}

impl Workflows {
    /// Opens a run for somebody with a reason. The leaf is durable before the seals are opened.
    pub(in crate::workflows) async fn reveal(
        &self,
        ctx: &Ctx,
        run: &Run,
        reason: &Reason,
    ) -> Result<(Viewer, Opened), Failure> {
        // What was never written is not looked at in anybody's memory either.
        if run.gone.is_some() || run.payload.is_none() {
            return Err(Refusal::of(&RUN_PAYLOAD_GONE).into());
        }
        let wanted = Look {
            action: "workflow_run.reveal",
            kind: WorkflowRunId::PREFIX,
            id: run.id.bytes(),
            details: Map::new(),
        };
        let viewer = looks::look(&self.on.store, ctx, wanted, reason).await?;
        match Views(self).opened(ctx, run).await {
            Ok(Ok((data, answers))) => Ok((viewer, Opened { data, answers })),
            Ok(Err(_)) | Err(StoreError::KeyGone) => Err(not_found().into()),
            Err(error) => Err(error.into()),
        }
    }
}
