//! Use cases of the audit ledger.

use sealpost_ledger::{Hash, Leaf, LeafResult, ProofError};
use sealpost_store::{Ctx, Store, StoreError, Tree};

use super::entry::Entry;
use super::filter::{Filter, may_see};

/// Leaves read at once.
const CHUNK: u32 = 512;
/// Leaves looked at for one page. A filter that fits little answers a short page with a cursor rather than read everything.
const BUDGET: u64 = 20_000;

/// What a look through the ledger found.
pub struct Scan {
    /// Entries that fit, newest first.
    pub entries: Vec<Entry>,
    /// Below this position nothing has been looked at yet; 0 at the beginning of the ledger.
    pub looked_down_to: u64,
}

/// Up to `limit` entries before position `before` (from the end, if it is nothing), newest first.
pub async fn entries(
    house: &Store,
    ctx: &Ctx,
    filter: Filter,
    before: Option<u64>,
    limit: u32,
) -> Result<Scan, StoreError> {
    scan(house, ctx, |leaf| filter.admits(leaf), before, limit).await
}

/// The same of whatever leaves are wanted.
pub(crate) async fn scan(
    house: &Store,
    ctx: &Ctx,
    wanted: impl Fn(&Leaf) -> bool,
    before: Option<u64>,
    limit: u32,
) -> Result<Scan, StoreError> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    let end = house.ledger_head(ctx).await?.map_or(0, |(head, _)| head.frontier.size());
    let mut scan = Scan { entries: Vec::new(), looked_down_to: before.map_or(end, |before| before.min(end)) };
    let stop = scan.looked_down_to.saturating_sub(BUDGET);
    while scan.looked_down_to > stop {
        let from = scan.looked_down_to.saturating_sub(u64::from(CHUNK));
        let count = u32::try_from(scan.looked_down_to - from).unwrap_or(CHUNK);
        for row in house.ledger_leaves(ctx, from, count).await?.iter().rev() {
            scan.looked_down_to = row.seq;
            // A leaf that can't be read fits every filter: whoever damaged it must not be able to hide it.
            let leaf = Leaf::decode(&row.leaf);
            if leaf.is_ok_and(|leaf| !may_see(ctx.org.environment, &leaf) || !wanted(&leaf)) {
                continue;
            }
            scan.entries.push(Entry::of(row, &keys));
            if scan.entries.len() == limit as usize {
                return Ok(scan);
            }
        }
        scan.looked_down_to = from;
    }
    Ok(scan)
}

/// The last entry of each of these acts that was done, by its name and, if one is said, by its reason. Looks no further back than a
/// page of the ledger does.
pub(crate) async fn latest(
    house: &Store,
    ctx: &Ctx,
    acts: &[(&'static str, Option<&'static str>)],
) -> Result<Vec<Option<Entry>>, StoreError> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    let end = house.ledger_head(ctx).await?.map_or(0, |(head, _)| head.frontier.size());
    let mut found: Vec<Option<Entry>> = vec![None; acts.len()];
    let (mut to, stop) = (end, end.saturating_sub(BUDGET));
    while to > stop && found.iter().any(Option::is_none) {
        let from = to.saturating_sub(u64::from(CHUNK));
        let count = u32::try_from(to - from).unwrap_or(CHUNK);
        for row in house.ledger_leaves(ctx, from, count).await?.iter().rev() {
            let Ok(leaf) = Leaf::decode(&row.leaf) else { continue };
            let is = |(action, reason): &(&str, Option<&str>)| {
                let because = leaf.reason.as_ref().map(|reason| reason.as_str());
                leaf.action.as_str() == *action && reason.is_none_or(|reason| because == Some(reason))
            };
            let place = acts.iter().position(is).filter(|_| leaf.result == LeafResult::Ok);
            if let Some(slot) = place.and_then(|at| found.get_mut(at)).filter(|slot| slot.is_none()) {
                *slot = Some(Entry::of(row, &keys));
            }
        }
        to = from;
    }
    Ok(found)
}

/// The entry at position `seq`, if there is one that the reader may see.
pub async fn entry(house: &Store, ctx: &Ctx, seq: u64) -> Result<Option<Entry>, StoreError> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    let rows = house.ledger_leaves(ctx, seq, 1).await?;
    let row = rows.first().filter(|row| row.seq == seq);
    let seen = row.filter(|row| Leaf::decode(&row.leaf).is_ok_and(|leaf| may_see(ctx.org.environment, &leaf)));
    Ok(seen.map(|row| Entry::of(row, &keys)))
}

/// That a leaf is in the tree.
pub struct Inclusion {
    /// The leaf's hash.
    pub leaf_hash: Hash,
    /// Its canonical bytes, if the reader may see the leaf.
    pub leaf: Option<Vec<u8>>,
    /// The siblings, from the leaf up.
    pub proof: Vec<Hash>,
}

/// Proves that leaf `seq` is in the tree of the first `size` leaves. `None`: there is no such leaf or size.
pub async fn inclusion(house: &Store, ctx: &Ctx, seq: u64, size: u64) -> Result<Option<Inclusion>, StoreError> {
    let environment = ctx.org.environment;
    house
        .ledger_tree(ctx, move |tree| {
            if !has(tree, size)? {
                return Ok(None);
            }
            let Some(proof) = provable(sealpost_ledger::inclusion(size, seq, tree))? else { return Ok(None) };
            let row = tree.leaf(seq)?.ok_or(StoreError::Missing("ledger_leaf"))?;
            let is_visible = Leaf::decode(&row.leaf).is_ok_and(|leaf| may_see(environment, &leaf));
            Ok(Some(Inclusion { leaf_hash: row.hash, leaf: is_visible.then_some(row.leaf), proof }))
        })
        .await
}

/// That nothing before was changed.
pub struct Consistency {
    /// The hashes of RFC 6962 §2.1.2.
    pub proof: Vec<Hash>,
}

/// Proves that the tree of the first `from` leaves is the beginning of that of the first `to`. `None`: there is no such size.
pub async fn consistency(house: &Store, ctx: &Ctx, from: u64, to: u64) -> Result<Option<Consistency>, StoreError> {
    house
        .ledger_tree(ctx, move |tree| {
            if !has(tree, to)? {
                return Ok(None);
            }
            Ok(provable(sealpost_ledger::consistency(from, to, tree))?.map(|proof| Consistency { proof }))
        })
        .await
}

fn has(tree: &Tree<'_, '_>, size: u64) -> Result<bool, StoreError> {
    Ok(tree.head()?.is_some_and(|head| size <= head.frontier.size()))
}

fn provable(proof: Result<Vec<Hash>, ProofError<StoreError>>) -> Result<Option<Vec<Hash>>, StoreError> {
    match proof {
        Ok(proof) => Ok(Some(proof)),
        Err(ProofError::OutOfRange) => Ok(None),
        Err(ProofError::Incomplete) => Err(StoreError::Missing("ledger_node")),
        Err(ProofError::Source(error)) => Err(error),
    }
}
