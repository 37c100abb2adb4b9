//! Checking proofs, against every malformed one.
//!
//! A tree is also a subtree, so the four checks are two algorithms: RFC 9162 §2.1.3.2, and its §2.1.4.2 in the form
//! that draft-ietf-plants-merkle-tree-certs gives it for any subtree.

use crate::hash::{Hash, empty_root, node_hash};

/// A proof doesn't show what it claims. There is nothing more to say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not hold")]
pub struct Refused;

/// Checks that the leaf with this [`leaf_hash`](crate::leaf_hash) is number `index` of the tree with this `size` and
/// `root` (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`Refused`] if it isn't, if `index ≥ size`, or if the proof has a hash too few or too many.
pub fn verify_inclusion(leaf_hash: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), Refused> {
    let mut last = size.checked_sub(1).ok_or(Refused)?;
    let mut index = index;
    if index > last {
        return Err(Refused);
    }
    let mut node = *leaf_hash;
    for sibling in proof {
        if last == 0 {
            return Err(Refused);
        }
        if index & 1 == 1 || index == last {
            node = node_hash(sibling, &node);
            // On the right edge a node without a sibling is its own parent: skip those levels.
            let lonely = index.trailing_zeros();
            (index, last) = (shift(index, lonely), shift(last, lonely));
        } else {
            node = node_hash(&node, sibling);
        }
        (index, last) = (index >> 1, last >> 1);
    }
    (last == 0 && node == *root).then_some(()).ok_or(Refused)
}

/// Checks that the tree with `old_size` and `old_root` is the beginning of the one with `new_size` and `new_root`
/// (RFC 9162 §2.1.4.2).
///
/// # Errors
/// [`Refused`] if it isn't, if the proof has a hash too few or too many, or unless `0 < old_size ≤ new_size`: an
/// empty tree is the beginning of every tree, so a proof of it would prove nothing.
pub fn verify_consistency(
    old_size: u64,
    new_size: u64,
    proof: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), Refused> {
    if old_size == 0 {
        return Err(Refused);
    }
    verify_subtree_consistency(0, old_size, new_size, proof, old_root, new_root)
}

/// Checks that the leaf with this hash is number `index` of the whole log, within the subtree over the leaves
/// `start..end` that has this `root`.
///
/// # Errors
/// [`Refused`] if it isn't, or if `start..end` is no subtree that a log can have.
pub fn verify_subtree_inclusion(
    leaf_hash: &Hash,
    index: u64,
    start: u64,
    end: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), Refused> {
    let size = subtree_size(start, end)?;
    let index = index.checked_sub(start).ok_or(Refused)?;
    verify_inclusion(leaf_hash, index, size, proof, root)
}

/// Checks that the subtree over the leaves `start..end` with `subtree_root` is part of the tree with `size` and
/// `root`. The empty subtree is part of every tree, and says nothing about it.
///
/// # Errors
/// [`Refused`] if it isn't, or if `start..end` is no subtree that a log of that size can have.
pub fn verify_subtree_consistency(
    start: u64,
    end: u64,
    size: u64,
    proof: &[Hash],
    subtree_root: &Hash,
    root: &Hash,
) -> Result<(), Refused> {
    let subtree = subtree_size(start, end)?;
    if end > size {
        return Err(Refused);
    }
    if subtree == 0 {
        let holds = proof.is_empty() && *subtree_root == empty_root();
        return holds.then_some(()).ok_or(Refused);
    }
    // The positions of the subtree's first and last node and of the tree's last, level by level.
    let (mut first, mut last, mut edge) = (start, end - 1, size - 1);
    let climb = if last == edge {
        u64::BITS - (first ^ last).leading_zeros()
    } else {
        (u64::BITS - (first ^ last).leading_zeros()).min(last.trailing_ones())
    };
    (first, last, edge) = (shift(first, climb), shift(last, climb), shift(edge, climb));

    let (seed, proof) = if first == last { (subtree_root, proof) } else { proof.split_first().ok_or(Refused)? };
    let (mut old, mut new) = (*seed, *seed);
    for sibling in proof {
        if edge == 0 {
            return Err(Refused);
        }
        if last & 1 == 1 || last == edge {
            if first < last {
                old = node_hash(sibling, &old);
            }
            new = node_hash(sibling, &new);
            let lonely = last.trailing_zeros();
            (first, last, edge) = (shift(first, lonely), shift(last, lonely), shift(edge, lonely));
        } else {
            new = node_hash(&new, sibling);
        }
        (first, last, edge) = (first >> 1, last >> 1, edge >> 1);
    }
    (edge == 0 && old == *subtree_root && new == *root).then_some(()).ok_or(Refused)
}

/// The leaves in `start..end`, if that is a subtree: its start must be a multiple of the power of two that holds it.
fn subtree_size(start: u64, end: u64) -> Result<u64, Refused> {
    let size = end.checked_sub(start).ok_or(Refused)?;
    let width = size.checked_next_power_of_two().ok_or(Refused)?;
    if start.is_multiple_of(width) { Ok(size) } else { Err(Refused) }
}

/// A shift that may take all bits away.
const fn shift(value: u64, by: u32) -> u64 {
    match value.checked_shr(by) {
        Some(value) => value,
        None => 0,
    }
}
