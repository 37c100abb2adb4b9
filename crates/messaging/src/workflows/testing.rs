//! Workflows whose versions come and go, for whoever tests what goes live.

use sealpost_store::{Ctx, Store, StoreError, Tx, WorkflowId};

use super::codes::WorkflowRefusal;
use super::definition::Definition;
use super::model::{NewWorkflow, Workflow};
use super::{promotion, service, store};
use crate::label::Label;
use crate::versions::Promoted;

/// Makes one, of which nothing is in force yet.
pub(crate) async fn create(house: &Store, by: &Ctx, name: &str, says: Definition) -> WorkflowId {
    let new = NewWorkflow { name: Label::parse(name).unwrap(), definition: says };
    house.write(by, move |tx| service::create(tx, new)).await.unwrap().id
}

/// Adds a version; answers its number.
pub(crate) async fn draft(house: &Store, by: &Ctx, id: WorkflowId, says: Definition) -> u32 {
    house.write(by, move |tx| service::draft(tx, id, says)).await.unwrap().version
}

/// Puts a version into force in place of the one that is expected to be, or asks for that.
pub(crate) async fn promote(
    house: &Store,
    by: &Ctx,
    id: WorkflowId,
    version: u32,
    expected: u32,
) -> Result<Promoted<Workflow>, WorkflowRefusal> {
    let keys = house.keys().organisation(by.org.id).await?;
    house.write(by, move |tx| promotion::promote(tx, &keys, id, version, expected)).await
}

/// A workflow, and what its version in force says.
pub(crate) async fn stands(house: &Store, ctx: &Ctx, id: WorkflowId) -> (Workflow, Definition) {
    let look = move |tx: &mut Tx<'_>| {
        let found = store::find(tx, id)?.ok_or(StoreError::Missing("workflow"))?;
        let says = store::in_force(tx, &found)?.ok_or(StoreError::Missing("workflow_version"))?.definition;
        Ok::<_, StoreError>((found, says))
    };
    house.read(ctx, look).await.unwrap()
}
