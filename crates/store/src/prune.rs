//! Details of old leaves are deleted; the leaves and their hashes stay, and with them the tree.
//!
//! A leaf's time is inside it. What a checkpoint covers is older than the checkpoint: so details go once a checkpoint over their
//! leaf is as old as details may get, and a leaf that no checkpoint covers keeps them. How far this has come is a cursor, moved in
//! the transaction that deletes: two nodes at it at once do the same.

use crate::clock::Time;
use crate::error::StoreError;
use crate::org_sql;
use crate::stream;
use crate::tx::Tx;

/// The cursor's name.
const STREAM: &str = "prune";
/// Checkpoints looked at in one pass.
const CHECKPOINTS: u32 = 256;

/// Deletes the details of up to `most` leaves under checkpoints signed before `cutoff`; answers how many leaves it has passed.
pub(crate) fn pass(tx: &mut Tx<'_>, cutoff: Time, most: u64) -> Result<u64, StoreError> {
    let next = tx
        .optional(org_sql!("select next from ledger_stream where org = $1 and stream = $2"), &[&STREAM], |row| {
            row.get::<u64>("next")
        })?
        .unwrap_or(0);
    let checkpoints = tx.all(
        org_sql!("select size, signed_at from ledger_checkpoint where org = $1 and size > $2 order by size limit $3"),
        &[&next, &CHECKPOINTS],
        |row| Ok((row.get::<u64>("size")?, row.get::<Time>("signed_at")?)),
    )?;
    let Some((size, _)) = checkpoints.into_iter().take_while(|(_, at)| *at < cutoff).last() else { return Ok(0) };
    let to = size.min(next.saturating_add(most));
    tx.execute(
        org_sql!(
            "update ledger_leaf set content = null where org = $1 and seq >= $2 and seq < $3 and content is not null"
        ),
        &[&next, &to],
    )?;
    let org = tx.ctx().org.id;
    stream::advance(tx, STREAM, &[(org, to)])?;
    Ok(to - next)
}
