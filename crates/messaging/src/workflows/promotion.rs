//! Which version of a workflow is in force.

use sealpost_govern::approvals::{self, Module};
use sealpost_store::{Change, Leaf, OrgKeys, Recorded, StoreError, Tx, WorkflowId};
use serde_json::json;

use super::codes::WorkflowRefusal;
use super::model::{Workflow, WorkflowVersion};
use super::{CHANGED, approval, store};
use crate::versions::{Promoted, Takes, takes};

/// A workflow and one of its versions.
pub(super) fn whole(
    tx: &mut Tx<'_>,
    id: WorkflowId,
    version: u32,
) -> Result<(Workflow, WorkflowVersion), WorkflowRefusal> {
    let workflow = store::find(tx, id)?.ok_or(WorkflowRefusal::NotFound)?;
    let version = store::version(tx, id, version)?.ok_or(WorkflowRefusal::VersionUnknown)?;
    Ok((workflow, version))
}

/// Puts a version into force, a newer or an older one, where `expected` is, or asks for that: from the end of this transaction on new runs
/// begin with it. Runs that are under way keep theirs.
pub(super) fn promote(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: WorkflowId,
    version: u32,
    expected: u32,
) -> Result<Recorded<Promoted<Workflow>>, WorkflowRefusal> {
    let (workflow, version) = whole(tx, id, version)?;
    if workflow.live_version != expected {
        return Err(WorkflowRefusal::Moved);
    }
    if takes_approval(tx, &version)? {
        let asked = approval::ask(tx, keys, id, version.version)?;
        return Ok(asked.map(|approval| Promoted::Waits(Box::new(approval))));
    }
    let leaf = leaf(tx, keys, &workflow, &version);
    let workflow = put_into_force(tx, workflow, version.version)?;
    Ok(tx.record(leaf, Promoted::InForce(workflow)))
}

fn takes_approval(tx: &mut Tx<'_>, version: &WorkflowVersion) -> Result<bool, StoreError> {
    let needed = approvals::is_needed(tx, Module::Workflow)?;
    Ok(takes(tx.ctx().org.environment, needed, version.released_at.is_some()) == Takes::Approval)
}

/// Puts a version into force from where it stood when `workflow` was read: of many who try one does.
pub(super) fn put_into_force(tx: &mut Tx<'_>, workflow: Workflow, version: u32) -> Result<Workflow, WorkflowRefusal> {
    if !store::put_into_force(tx, &workflow, version)? {
        return Err(WorkflowRefusal::Moved);
    }
    store::release(tx, workflow.id, version, tx.ctx().now())?;
    tx.publish(Change::new(CHANGED, tx.ctx().org, workflow.id.bytes()));
    Ok(Workflow { live_version: version, promotions: workflow.promotions.saturating_add(1), ..workflow })
}

/// What was put into force in place of what.
pub(super) fn leaf(tx: &Tx<'_>, keys: &OrgKeys, workflow: &Workflow, version: &WorkflowVersion) -> Leaf {
    let details = json!({ "from": workflow.live_version, "to": version.version, "says": version.definition });
    let leaf = Leaf::of("workflow.promote").on(WorkflowId::PREFIX, workflow.id.bytes());
    let leaf = if version.released_at.is_some() { leaf.because("rollback") } else { leaf };
    leaf.with(keys.seal_audit(tx.ctx(), details.to_string().as_bytes()))
}
