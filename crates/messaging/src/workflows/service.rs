//! What can be done with workflows; what with their runs is in [`super::runs`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sealpost_access::secrets::SecretUse;
use sealpost_store::{Ctx, Leaf, Recorded, Store, StoreError, Tx, WorkflowId};

use super::codes::WorkflowRefusal;
use super::definition::{Definition, Wrong, check};
use super::model::{NewWorkflow, Workflow, WorkflowVersion};
use super::runs::Starter;
use super::triggers::{self, Followed, Links};
use super::{runs, store};
use crate::contacts::Contacts;
use crate::endpoints::Endpoints;
use crate::events::Events;
use crate::messages::{Messages, Vault};
use crate::storage::Policies;

/// Versions that are shown.
const VERSIONS: u32 = 100;

/// What workflows stand on.
#[derive(Clone)]
pub struct Stands {
    /// Where they are kept.
    pub store: Store,
    /// For whom they run.
    pub contacts: Contacts,
    /// What they fire.
    pub events: Events,
    /// What they send.
    pub messages: Messages,
    /// Whom they ask.
    pub endpoints: Endpoints,
    /// How long what is stored.
    pub policies: Arc<Policies>,
    /// What begins runs.
    pub starter: Starter,
    /// What events begin.
    pub followed: Followed,
    /// Where what may never be written is.
    pub vault: Vault,
    /// Where this installation is reached from outside: links of webhooks begin with it.
    pub public_url: String,
}

/// The workflows of all organisations; cheap to clone.
#[derive(Clone)]
pub struct Workflows {
    pub(super) on: Stands,
    pub(super) links: Links,
}

/// Makes a workflow with its first version, of which nothing is in force yet.
pub(super) fn create(tx: &mut Tx<'_>, new: NewWorkflow) -> Result<Recorded<Workflow>, WorkflowRefusal> {
    expect_runnable(&new.definition)?;
    let (id, now) = (WorkflowId::new(&tx.ctx().world), tx.ctx().now());
    if !store::insert(tx, id, new.name.as_str(), now)? {
        return Err(WorkflowRefusal::NameTaken);
    }
    store::insert_version(tx, id, 1, &new.definition, now)?;
    let name = new.name.as_str().to_owned();
    let workflow = Workflow { id, name, version: 1, live_version: 0, promotions: 0, created_at: now };
    Ok(tx.record(Leaf::of("workflow.create").on(WorkflowId::PREFIX, id.bytes()), workflow))
}

/// Adds a version to a workflow. What is in force stays so.
pub(super) fn draft(
    tx: &mut Tx<'_>,
    id: WorkflowId,
    definition: Definition,
) -> Result<Recorded<WorkflowVersion>, WorkflowRefusal> {
    let version = store::advance(tx, id)?.ok_or(WorkflowRefusal::NotFound)?;
    expect_runnable(&definition)?;
    let created_at = tx.ctx().now();
    store::insert_version(tx, id, version, &definition, created_at)?;
    let version = WorkflowVersion { version, definition, created_at, released_at: None };
    Ok(tx.record(Leaf::of("workflow.draft").on(WorkflowId::PREFIX, id.bytes()), version))
}

fn expect_runnable(definition: &Definition) -> Result<(), WorkflowRefusal> {
    let wrong = check(definition);
    if wrong.is_empty() { Ok(()) } else { Err(WorkflowRefusal::Invalid(wrong)) }
}

/// The stored secrets that what begins runs is believed by.
pub fn secret_uses(tx: &mut Tx<'_>) -> Result<Vec<SecretUse>, StoreError> {
    triggers::secret_uses_of(tx)
}

impl Workflows {
    /// Workflows on what they need.
    pub fn new(on: Stands) -> Self {
        let links = Links::new(&on.store, &on.public_url);
        Self { on, links }
    }

    /// Where they are.
    pub(super) fn store(&self) -> &Store {
        &self.on.store
    }

    /// Something else begins runs now, or another version does.
    pub(super) fn changed(&self, ctx: &Ctx) {
        self.on.followed.changed(ctx);
    }

    /// The workflow of this id.
    pub async fn find(&self, ctx: &Ctx, id: WorkflowId) -> Result<Workflow, WorkflowRefusal> {
        let found = self.store().peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        found.ok_or(WorkflowRefusal::NotFound)
    }

    /// Up to `limit` workflows older than `before`, newest first.
    pub(super) async fn list(
        &self,
        ctx: &Ctx,
        before: Option<WorkflowId>,
        limit: u32,
    ) -> Result<Vec<Workflow>, StoreError> {
        let before = before.unwrap_or(WorkflowId::from_bytes([0xff; 16]));
        self.store().read(ctx, move |tx| store::before(tx, before, limit)).await
    }

    /// The newest versions of a workflow, newest first.
    pub(super) async fn versions(&self, ctx: &Ctx, id: WorkflowId) -> Result<Vec<WorkflowVersion>, WorkflowRefusal> {
        let versions = self.store().read::<_, StoreError>(ctx, move |tx| store::versions(tx, id, VERSIONS)).await?;
        if versions.is_empty() { Err(WorkflowRefusal::NotFound) } else { Ok(versions) }
    }

    /// One version of a workflow.
    pub(super) async fn version(
        &self,
        ctx: &Ctx,
        id: WorkflowId,
        version: u32,
    ) -> Result<WorkflowVersion, WorkflowRefusal> {
        let found = self.store().peek::<_, StoreError>(ctx, move |tx| store::version(tx, id, version)).await?;
        found.ok_or(WorkflowRefusal::VersionUnknown)
    }

    /// What is known by name of a version has to be there before it comes into force: events, and endpoints that are verified.
    pub(super) async fn expect_ready(&self, ctx: &Ctx, id: WorkflowId, version: u32) -> Result<(), WorkflowRefusal> {
        self.find(ctx, id).await?;
        let definition = self.version(ctx, id, version).await?.definition;
        let (events, endpoints) = definition.names();
        let mut wrong = Vec::new();
        for (node, event) in events {
            if self.on.events.by_name(ctx, event).await?.is_none() {
                wrong.push(Wrong { place: format!("/nodes/{node}/event"), code: "unknown" });
            }
        }
        for (node, endpoint) in endpoints {
            if !self.on.endpoints.are_known(ctx, &[endpoint.to_owned()]).await? {
                wrong.push(Wrong { place: format!("/nodes/{node}/endpoint"), code: "unknown" });
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(WorkflowRefusal::NotReady(wrong)) }
    }

    /// What the newest runs of a workflow came to, newest first.
    pub(super) async fn newest_runs(
        &self,
        ctx: &Ctx,
        id: WorkflowId,
        limit: u32,
    ) -> Result<Vec<super::model::Run>, StoreError> {
        let newest = sealpost_store::WorkflowRunId::from_bytes([0xff; 16]);
        self.store().read(ctx, move |tx| runs::store::of_workflow(tx, id, newest, limit)).await
    }

    /// What workflows are called, of those that are there.
    pub(super) async fn names(
        &self,
        ctx: &Ctx,
        ids: BTreeSet<WorkflowId>,
    ) -> Result<BTreeMap<WorkflowId, String>, StoreError> {
        let names = move |tx: &mut Tx<'_>| {
            let mut names = BTreeMap::new();
            for id in ids {
                names.extend(store::find(tx, id)?.map(|workflow| (id, workflow.name)));
            }
            Ok(names)
        };
        self.store().read(ctx, names).await
    }
}
