//! Workflows as something that takes an approval in live: a version that was never in force there. What others agree to is the definition
//! itself.

use sealpost_govern::Reason;
use sealpost_govern::approvals::{self, Apply, Approvable, Approval, Line, Module, Prepared};
use sealpost_govern::security::typed;
use sealpost_store::{Environment, OrgKeys, Recorded, StoreError, Tx, WorkflowId};
use sealpost_web::{Failure, Fault, not_found};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::codes::WorkflowRefusal;
use super::definition::Definition;
use super::{promotion, store};
use crate::versions::{approval_lines, authors, hands};

/// Workflows in live.
pub const APPROVABLE: Approvable = Approvable {
    module: Module::Workflow,
    says: "New runs do something that runs never did in live. To go back to what was in force takes nobody else.",
    wide: true,
    of: Some(WorkflowId::PREFIX),
    prepare,
    apply: Apply::Here(apply),
};

/// Which version is wanted, with the very definition it is about.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    workflow_id: WorkflowId,
    version: u32,
    #[serde(default)]
    definition: Option<Definition>,
}

/// Asks others to agree.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    workflow_id: WorkflowId,
    version: u32,
) -> Result<Recorded<Approval>, WorkflowRefusal> {
    let wanted = Wanted { workflow_id, version, definition: None };
    let wanted = serde_json::to_value(wanted).map_err(|_| StoreError::Column("wanted".into()))?;
    approvals::ask(tx, keys, &APPROVABLE, Some(workflow_id.bytes()), wanted, None).map_err(WorkflowRefusal::Unasked)
}

fn prepare(tx: &mut Tx<'_>, _: &OrgKeys, target: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let wanted: Wanted = typed(value)?;
    if target != Some(wanted.workflow_id.bytes()) {
        return Err(not_found().into());
    }
    tx.in_environment(Environment::Live, |tx| {
        let (workflow, version) = promotion::whole(tx, wanted.workflow_id, wanted.version)?;
        let before = store::version(tx, workflow.id, workflow.live_version)?.map(|version| version.definition);
        let mut lines = vec![Line::new("Workflow", before.as_ref().map(|_| workflow.name.clone()), workflow.name)];
        lines.extend(definition_lines(before.as_ref(), &version.definition)?);
        let wanted = Wanted { definition: Some(version.definition), ..wanted };
        let wanted = serde_json::to_value(wanted).map_err(Fault::new)?;
        let (all, authors) = (store::versions(tx, workflow.id, u32::MAX)?, authors(tx, workflow.id.bytes())?);
        let tied =
            hands(all.iter().map(|one| (one.version, one.version == workflow.live_version)), version.version, &authors);
        Ok(Prepared { wanted, lines, version: workflow.promotions.into(), tied })
    })
}

/// What a definition says, node by node, as whoever wrote it reads it.
fn definition_lines(before: Option<&Definition>, after: &Definition) -> Result<Vec<Line>, Failure> {
    let node = |definition: &Definition, name: &String| {
        let node = definition.nodes.get(name).map(serde_json::to_string_pretty);
        node.transpose().map_err(Fault::new)
    };
    let class = |definition: &Definition| definition.class.as_str().to_owned();
    let mut parts = vec![
        ("Class".to_owned(), before.map(class), Some(class(after))),
        ("Begins with".to_owned(), before.map(|one| one.start.clone()), Some(after.start.clone())),
    ];
    let mut names: Vec<&String> = before.iter().flat_map(|one| one.nodes.keys()).chain(after.nodes.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let was = before.map(|definition| node(definition, name)).transpose()?.flatten();
        parts.push((format!("Node {name}"), was, node(after, name)?));
    }
    Ok(approval_lines(parts))
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, _: Option<&Reason>) -> Result<(), Failure> {
    let wanted: Wanted = typed(value)?;
    tx.in_environment(Environment::Live, |tx| {
        let (workflow, version) = promotion::whole(tx, wanted.workflow_id, wanted.version)?;
        // Versions never change. Where what was agreed to and what is there differ, somebody changed a row by another way.
        if wanted.definition.as_ref() != Some(&version.definition) {
            return Err(StoreError::Unopenable.into());
        }
        let leaf = promotion::leaf(tx, keys, &workflow, &version);
        promotion::put_into_force(tx, workflow, version.version)?;
        tx.note(leaf);
        Ok(())
    })
}
