//! The whole ledger of an organisation as lines of JSON, a stretch at a time: what an export is made of, and what is verified.

use std::collections::VecDeque;

use sealpost_ledger::export::{checkpoint_line, header_line, leaf_line};
use sealpost_store::{CheckpointRow, Ctx, Store, StoreError};

/// Leaves and checkpoints read at once.
const CHUNK: u32 = 1000;

/// How much of a ledger there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Leaves, from the first.
    pub leaves: u64,
    /// Signed checkpoints among them.
    pub checkpoints: u64,
}

/// The lines, sealed contents included, each checkpoint right after the last leaf it covers.
pub(crate) struct Lines<'h> {
    house: &'h Store,
    ctx: &'h Ctx,
    /// How many leaves there will be: as many as are signed.
    size: u64,
    done: Exported,
    checkpoints: Checkpoints,
    header: Option<String>,
}

impl<'h> Lines<'h> {
    /// Up to a checkpoint that is signed now, so that the last line is a signed one.
    pub(crate) async fn begin(house: &'h Store, ctx: &'h Ctx) -> Result<Self, StoreError> {
        house.checkpoint().await?;
        let size = house.ledger_checkpoint(ctx).await?.map_or(0, |checkpoint| checkpoint.size);
        let header = header_line(&house.ledger_origin(ctx.org.id), &house.verifier_key()?);
        Ok(Self {
            house,
            ctx,
            size,
            done: Exported::default(),
            checkpoints: Checkpoints::default(),
            header: Some(header),
        })
    }

    /// How many leaves there will be.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// What there was so far.
    pub(crate) fn done(&self) -> Exported {
        self.done
    }

    /// The next lines, each with its end; nothing behind the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(header) = self.header.take() {
            return Ok(Some(ended(header)));
        }
        if self.done.leaves >= self.size {
            return Ok(None);
        }
        let rows = self.house.ledger_leaves(self.ctx, self.done.leaves, CHUNK).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut lines = Vec::new();
        for row in rows.iter().take_while(|row| row.seq < self.size) {
            lines.extend(ended(leaf_line(&row.leaf, &row.hash, row.content.as_deref())));
            // A leaf that is gone from the database is missing here, too: the verifier says which.
            self.done.leaves = row.seq + 1;
            while let Some(checkpoint) = self.checkpoints.covering(self.house, self.ctx, self.done.leaves).await? {
                lines.extend(ended(checkpoint_line(&checkpoint.note)));
                self.done.checkpoints += 1;
            }
        }
        Ok((!lines.is_empty()).then_some(lines))
    }
}

fn ended(line: String) -> Vec<u8> {
    let mut line = line.into_bytes();
    line.push(b'\n');
    line
}

/// Checkpoints in order of size, read ahead.
#[derive(Default)]
struct Checkpoints {
    ahead: VecDeque<CheckpointRow>,
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
