//! Proofs from what a store keeps: leaf hashes, and the root of every complete group of 256, 65 536, …

use std::ops::Range;

use crate::{
    hash::{Hash, node_hash},
    tree::TILE_HEIGHT,
};

/// Where a proof's hashes come from.
pub trait NodeSource {
    /// What can go wrong when reading.
    type Error;

    /// The leaf hashes `from..to`, in order. Never more than 128 are asked for at once.
    ///
    /// # Errors
    /// Whatever reading the store gives.
    fn leaf_hashes(&self, from: u64, to: u64) -> Result<Vec<Hash>, Self::Error>;

    /// The [`TileNode`](crate::TileNode) that [`Frontier::push`](crate::Frontier::push) returned for this place.
    ///
    /// # Errors
    /// Whatever reading the store gives.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;

    /// The nodes `from..to` of one level, in order; never more than 128. A database answers this with one range.
    ///
    /// # Errors
    /// Whatever reading the store gives.
    fn nodes(&self, level: u8, from: u64, to: u64) -> Result<Vec<Hash>, Self::Error> {
        (from..to).map(|index| self.node(level, index)).collect()
    }
}

/// Why there is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError<E> {
    /// The leaf is not in a tree of that size, or the older tree is empty or larger than the newer.
    #[error("no such leaf or tree")]
    OutOfRange,
    /// The source answered with another number of hashes than it was asked for.
    #[error("the stored tree is incomplete")]
    Incomplete,
    /// The source failed.
    #[error(transparent)]
    Source(E),
}

/// Proves that leaf `index` is in the tree of the first `size` leaves (RFC 6962 §2.1.1): the siblings from the
/// leaf up.
///
/// # Errors
/// [`ProofError::OutOfRange`] unless `index < size`; else what the source gives.
pub fn inclusion<S: NodeSource>(size: u64, index: u64, source: &S) -> Result<Vec<Hash>, ProofError<S::Error>> {
    if index >= size {
        return Err(ProofError::OutOfRange);
    }
    let mut siblings = Vec::new();
    let mut tree = 0..size;
    while let Some((left, right)) = split(&tree) {
        let sibling;
        (tree, sibling) = if index < right.start { (left, right) } else { (right, left) };
        siblings.push(sibling);
    }
    roots_from_below(siblings, source)
}

/// Proves that the tree of the first `old` leaves is the beginning of the tree of the first `new` (RFC 6962 §2.1.2).
///
/// # Errors
/// [`ProofError::OutOfRange`] unless `0 < old ≤ new`: nothing can be proven from an empty tree. Else what the source
/// gives.
pub fn consistency<S: NodeSource>(old: u64, new: u64, source: &S) -> Result<Vec<Hash>, ProofError<S::Error>> {
    if old == 0 || old > new {
        return Err(ProofError::OutOfRange);
    }
    let mut parts = Vec::new();
    let mut tree = 0..new;
    while tree.end != old
        && let Some((left, right)) = split(&tree)
    {
        let rest;
        (tree, rest) = if old <= right.start { (left, right) } else { (right, left) };
        parts.push(rest);
    }
    // Whoever checks has the old root, and needs this subtree only where it is not that very tree.
    if tree.start != 0 {
        parts.push(tree);
    }
    roots_from_below(parts, source)
}

/// A tree's two halves (RFC 6962 §2.1): the left one is the largest perfect tree smaller than the whole.
fn split(tree: &Range<u64>) -> Option<(Range<u64>, Range<u64>)> {
    let last = (tree.end - tree.start).checked_sub(1)?;
    let left = 1_u64 << last.checked_ilog2()?;
    let middle = tree.start + left;
    Some((tree.start..middle, middle..tree.end))
}

fn roots_from_below<S: NodeSource>(parts: Vec<Range<u64>>, source: &S) -> Result<Vec<Hash>, ProofError<S::Error>> {
    parts.into_iter().rev().map(|part| root(part, source)).collect()
}

/// The root of a subtree: its perfect parts, folded from the right.
fn root<S: NodeSource>(tree: Range<u64>, source: &S) -> Result<Hash, ProofError<S::Error>> {
    let mut perfect = Vec::new();
    let mut rest = tree;
    while !(rest.end - rest.start).is_power_of_two()
        && let Some((left, right)) = split(&rest)
    {
        perfect.push(perfect_root(&left, source)?);
        rest = right;
    }
    let last = perfect_root(&rest, source)?;
    Ok(perfect.iter().rev().fold(last, |right, left| node_hash(left, &right)))
}

/// The root of an aligned perfect subtree, from its at most 128 children on the nearest stored level below.
fn perfect_root<S: NodeSource>(tree: &Range<u64>, source: &S) -> Result<Hash, ProofError<S::Error>> {
    let height = (tree.end - tree.start).trailing_zeros();
    let level = height - height % u32::from(TILE_HEIGHT);
    let (from, to) = (tree.start >> level, tree.end >> level);
    let children = match u8::try_from(level) {
        Ok(0) => source.leaf_hashes(from, to),
        Ok(level) => source.nodes(level, from, to),
        Err(_) => return Err(ProofError::OutOfRange),
    }
    .map_err(ProofError::Source)?;
    if children.len() as u64 != to - from {
        return Err(ProofError::Incomplete);
    }
    fold(children).ok_or(ProofError::Incomplete)
}

/// The root over a power-of-two number of neighbours.
fn fold(mut row: Vec<Hash>) -> Option<Hash> {
    while row.len() > 1 {
        row = row.as_chunks().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.pop()
}
