//! What must be true of an installation that comes back after a power cut.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sealpost_ledger::{Frontier, Leaf, export, leaf_hash, verify_export_against_witness};
use sealpost_store::{EventId, SlotId, Store, StoreError, sql};

use crate::house::{House, Promises, content};

/// Everything that is wrong; empty is what we want. What is found stays promised: somebody may have read it.
pub(crate) async fn on(folder: &Path, house: &House) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in ["data.db", "keys.db"] {
        let said = integrity(&folder.join(name));
        if said != "ok" {
            wrong.push(format!("{name}: {said}"));
        }
    }
    match house.open(folder).await {
        Ok(store) => {
            let mut promises = house.promises.lock().unwrap().clone();
            if let Err(error) = look(&store, house, &mut promises, &mut wrong).await {
                wrong.push(format!("unreadable: {error:?}"));
            }
            house.promises.lock().unwrap().objects.extend(promises.objects);
        }
        Err(error) => wrong.push(format!("does not open: {error:?}")),
    }
    wrong
}

/// SQLite's own opinion; a file that isn't there yet is fine.
fn integrity(path: &Path) -> String {
    if !path.exists() {
        return "ok".into();
    }
    let check = || {
        let connection = rusqlite::Connection::open(path)?;
        connection.query_row("pragma integrity_check", [], |row| row.get(0))
    };
    check().unwrap_or_else(|error| error.to_string())
}

async fn look(
    store: &Store,
    house: &House,
    promises: &mut Promises,
    wrong: &mut Vec<String>,
) -> Result<(), StoreError> {
    let ctx = house.ctx();
    if promises.organisation && !store.organisations().await?.contains(&house.org.id) {
        wrong.push("the organisation is gone".into());
    }
    let found = Found::read(store, house).await?;
    for id in promises.objects.keys().filter(|id| !found.objects.contains_key(id)) {
        wrong.push(format!("acknowledged and lost: {id}"));
    }
    for (id, (slot, length)) in &found.objects {
        if promises.refused.contains(id) {
            wrong.push(format!("refused and kept: {id}"));
        }
        if found.contents.get(id) != Some(&content(*id, *length)) {
            wrong.push(format!("without its content: {id}"));
        }
        if store.keys().slot(house.org.id, *slot).await.is_err() {
            wrong.push(format!("without its key: {id}"));
        }
    }
    let ids: BTreeSet<EventId> = found.objects.keys().copied().collect();
    for (what, others) in [("leaf", &found.leaves), ("job", &found.jobs)] {
        let set: BTreeSet<EventId> = others.iter().copied().collect();
        if set != ids || set.len() != others.len() {
            wrong.push(format!("{} objects, but {} times a {what}", ids.len(), others.len()));
        }
    }
    promises.objects = found.objects.iter().map(|(id, (_, length))| (*id, *length)).collect();

    store.checkpoint().await?;
    let Some((head, _)) = store.ledger_head(&ctx).await? else {
        return Ok(());
    };
    let mut tree = Frontier::new();
    let mut lines = vec![export::header_line(&store.ledger_origin(house.org.id), &store.verifier_key()?)];
    let mut notes = store.ledger_checkpoints(&ctx, 0, u32::MAX).await?.into_iter().peekable();
    for row in store.ledger_leaves(&ctx, 0, u32::MAX).await? {
        let _ = tree.push(leaf_hash(&row.leaf));
        lines.push(export::leaf_line(&row.leaf, &row.hash, row.content.as_deref()));
        while let Some(note) = notes.next_if(|note| note.size == tree.size()) {
            lines.push(export::checkpoint_line(&note.note));
        }
    }
    if tree.root() != head.frontier.root() {
        wrong.push("the ledger's head is not that of its leaves".into());
    }
    if let Err(finding) = verify_export_against_witness(lines, &store.verifier_key()?, &promises.checkpoints) {
        wrong.push(format!("ledger: {finding}"));
    }
    Ok(())
}

/// What is in the database.
struct Found {
    objects: BTreeMap<EventId, (SlotId, u64)>,
    contents: BTreeMap<EventId, String>,
    leaves: Vec<EventId>,
    jobs: Vec<EventId>,
}

impl Found {
    async fn read(store: &Store, house: &House) -> Result<Self, StoreError> {
        let ctx = house.ctx();
        let leaves = store.ledger_leaves(&ctx, 0, u32::MAX).await?;
        let leaves = leaves.iter().filter_map(|row| Leaf::decode(&row.leaf).ok()?.target);
        let leaves = leaves.map(|target| EventId::from_bytes(target.id)).collect();
        store
            .read(&ctx, move |tx| {
                let objects =
                    tx.all(sql!("select id, name, version from event where org = $1 and env = $2"), &[], |row| {
                        let slot: String = row.get("name")?;
                        let slot = slot.parse().map_err(|_| StoreError::Column("name".into()))?;
                        Ok((EventId::from_bytes(row.get("id")?), (slot, row.get("version")?)))
                    })?;
                let contents = tx.all(
                    sql!("select template, content from template_version where org = $1 and env = $2"),
                    &[],
                    |row| Ok((EventId::from_bytes(row.get("template")?), row.get("content")?)),
                )?;
                let jobs = tx.all(sql!("select target from outbox where org = $1 and env = $2"), &[], |row| {
                    Ok(EventId::from_bytes(row.get("target")?))
                })?;
                Ok(Self {
                    objects: objects.into_iter().collect(),
                    contents: contents.into_iter().collect(),
                    leaves,
                    jobs,
                })
            })
            .await
    }
}
