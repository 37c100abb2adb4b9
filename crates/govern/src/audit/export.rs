//! The whole ledger of an organisation, as a file that can be verified elsewhere.

use std::io::{self, Write};

use sealpost_ledger::export::{checkpoint_line, header_line, leaf_line};
use sealpost_store::{CheckpointRow, Ctx, Leaf, Store, StoreError};

/// Leaves and checkpoints read at once.
const CHUNK: u32 = 1000;

/// What an export contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Leaves, from the first.
    pub leaves: u64,
    /// Signed checkpoints among them.
    pub checkpoints: u64,
}

/// An export could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The ledger could not be read.
    #[error("the ledger could not be read")]
    Store(#[from] StoreError),
    /// The file could not be written.
    #[error("the export could not be written")]
    Io(#[from] io::Error),
}

/// Writes the ledger of the context's organisation as JSON Lines, sealed contents included, each checkpoint right after the last
/// leaf it covers. Records `ledger.export` first and signs a checkpoint, so that the export ends with a signed one.
pub async fn export(house: &Store, ctx: &Ctx, out: &mut impl Write) -> Result<Exported, ExportError> {
    house.write(ctx, |tx| Ok::<_, StoreError>(tx.record(Leaf::of("ledger.export"), ()))).await?;
    house.checkpoint().await?;
    let size = house.ledger_checkpoint(ctx).await?.map_or(0, |checkpoint| checkpoint.size);
    let mut done = Exported { leaves: 0, checkpoints: 0 };
    let mut checkpoints = Checkpoints::default();
    writeln!(out, "{}", header_line(&house.ledger_origin(ctx.org.id), &house.verifier_key()?))?;
    while done.leaves < size {
        let rows = house.ledger_leaves(ctx, done.leaves, CHUNK).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows.iter().take_while(|row| row.seq < size) {
            writeln!(out, "{}", leaf_line(&row.leaf, &row.hash, row.content.as_deref()))?;
            // A leaf that is gone from the database is missing in the export, too: the verifier says which.
            done.leaves = row.seq + 1;
            while let Some(checkpoint) = checkpoints.covering(house, ctx, done.leaves).await? {
                writeln!(out, "{}", checkpoint_line(&checkpoint.note))?;
                done.checkpoints += 1;
            }
        }
    }
    out.flush()?;
    Ok(done)
}

/// Checkpoints in order of size, read ahead.
#[derive(Default)]
struct Checkpoints {
    ahead: std::collections::VecDeque<CheckpointRow>,
    read_from: u64,
    at_end: bool,
}

impl Checkpoints {
    /// The next checkpoint, if it covers at most so many leaves.
    async fn covering(&mut self, house: &Store, ctx: &Ctx, leaves: u64) -> Result<Option<CheckpointRow>, StoreError> {
        if self.ahead.is_empty() && !self.at_end {
            let rows = house.ledger_checkpoints(ctx, self.read_from, CHUNK).await?;
            self.at_end = rows.len() < CHUNK as usize;
            self.read_from = rows.last().map_or(self.read_from, |last| last.size + 1);
            self.ahead.extend(rows);
        }
        if self.ahead.front().is_some_and(|next| next.size <= leaves) { Ok(self.ahead.pop_front()) } else { Ok(None) }
    }
}
