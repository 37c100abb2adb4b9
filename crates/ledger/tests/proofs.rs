//! The tree is RFC 6962's, and every proof of it can be built from what a store keeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::LazyLock;

use proptest::prelude::*;
use sealpost_ledger::{
    Frontier, Hash, NodeSource, ProofError, consistency, empty_root, inclusion, leaf_hash, node_hash,
    proof::{verify_subtree_consistency, verify_subtree_inclusion},
    verify_consistency, verify_inclusion,
};
use support::Stored;

/// RFC 6962 §2.1, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split_point(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// RFC 6962 §2.1.1, word for word.
fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let split = split_point(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut path, sibling) = if index < split {
        (naive_path(index, left), naive_root(right))
    } else {
        (naive_path(index - split, right), naive_root(left))
    };
    path.push(sibling);
    path
}

/// RFC 6962 §2.1.2, word for word.
fn naive_subproof(old: usize, leaves: &[Hash], old_root_known: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if old_root_known { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let split = split_point(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut proof, rest) = if old <= split {
        (naive_subproof(old, left, old_root_known), naive_root(right))
    } else {
        (naive_subproof(old - split, right, false), naive_root(left))
    };
    proof.push(rest);
    proof
}

/// The largest power of two smaller than `len`.
fn split_point(len: usize) -> usize {
    len.next_power_of_two() / 2
}

fn at(index: u64) -> usize {
    usize::try_from(index).unwrap()
}

#[test]
fn the_frontier_has_the_root_of_rfc_6962_at_every_size_and_survives_storage() {
    let all = Stored::of(600);
    let mut frontier = Frontier::new();
    for size in 0..=600 {
        assert_eq!(frontier.size(), size);
        assert_eq!(frontier.root(), naive_root(&all.all()[..at(size)]), "{size}");
        let stored = frontier.to_bytes();
        assert_eq!(Frontier::from_bytes(&stored), Ok(frontier.clone()));
        if size < 600 {
            let completed = frontier.push(all.leaf(size));
            assert_eq!(completed.is_empty(), !(size + 1).is_multiple_of(256));
        }
    }
}

#[test]
fn a_stored_frontier_of_the_wrong_length_is_refused() {
    let bytes = Stored::of(7).frontier.to_bytes();
    for len in 0..bytes.len() {
        assert!(Frontier::from_bytes(&bytes[..len]).is_err(), "{len}");
    }
    assert!(Frontier::from_bytes(&[bytes.as_slice(), &[0; 32]].concat()).is_err());
    let mut huge = bytes;
    huge[0] = 0x80;
    huge.extend([0; 32]);
    assert!(Frontier::from_bytes(&huge).is_err());
}

#[test]
fn every_leaf_of_every_small_tree_is_proven_and_no_other_place_for_it() {
    let stored = Stored::of(80);
    for size in 1..=80 {
        let leaves = &stored.all()[..at(size)];
        let root = naive_root(leaves);
        for index in 0..size {
            let leaf = stored.leaf(index);
            let proof = inclusion(size, index, &stored).unwrap();
            assert_eq!(proof, naive_path(at(index), leaves), "{index} of {size}");
            assert!(verify_inclusion(&leaf, index, size, &proof, &root).is_ok());
            for other in (0..size).filter(|other| *other != index) {
                assert!(verify_inclusion(&leaf, other, size, &proof, &root).is_err());
            }
        }
    }
}

#[test]
fn every_small_tree_is_proven_to_begin_every_larger_one_and_no_other_tree_is() {
    let stored = Stored::of(80);
    let roots: Vec<Hash> = (0..=80).map(|size| naive_root(&stored.all()[..size])).collect();
    for new in 1..=80 {
        for old in 1..=new {
            let proof = consistency(old, new, &stored).unwrap();
            assert_eq!(proof, naive_subproof(at(old), &stored.all()[..at(new)], true), "{old} to {new}");
            let verify = |old_root, new_root| verify_consistency(old, new, &proof, old_root, new_root);
            assert!(verify(&roots[at(old)], &roots[at(new)]).is_ok());
            assert!(verify(&roots[at(old) - 1], &roots[at(new)]).is_err());
            assert!(verify(&roots[at(old)], &roots[at(new) - 1]).is_err());
        }
    }
}

/// Without their length checks, these would show the second of two leaves to be the first of one.
#[test]
fn a_proof_that_climbs_past_the_root_does_not_hold() {
    let (first, second) = (leaf_hash(b"first"), leaf_hash(b"second"));
    let root = node_hash(&first, &second);
    assert!(verify_inclusion(&second, 1, 2, &[first], &root).is_ok());
    assert!(verify_inclusion(&second, 0, 1, &[first], &root).is_err());
    assert!(verify_consistency(1, 2, &[second], &first, &root).is_ok());
    assert!(verify_consistency(1, 1, &[first], &second, &root).is_err());
}

/// Two neighbours with different parents have a hash, but no log ever has it as a node.
#[test]
fn what_is_no_subtree_has_no_valid_proof() {
    let (left, right) = (leaf_hash(b"1"), leaf_hash(b"2"));
    let both = node_hash(&left, &right);
    assert!(verify_subtree_inclusion(&left, 2, 2, 4, &[right], &both).is_ok());
    assert!(verify_subtree_inclusion(&left, 1, 1, 3, &[right], &both).is_err());
}

#[test]
fn what_is_not_in_the_tree_has_no_proof() {
    let stored = Stored::of(3);
    assert_eq!(inclusion(0, 0, &stored), Err(ProofError::OutOfRange));
    assert_eq!(inclusion(3, 3, &stored), Err(ProofError::OutOfRange));
    assert_eq!(consistency(0, 3, &stored), Err(ProofError::OutOfRange));
    assert_eq!(consistency(4, 3, &stored), Err(ProofError::OutOfRange));
    assert_eq!(inclusion(4, 0, &stored), Err(ProofError::Source((0, 2))));
    assert_eq!(inclusion(8, 0, &Short), Err(ProofError::Incomplete));
}

/// A source that lost the first of several hashes.
struct Short;

impl NodeSource for Short {
    type Error = ();

    fn leaf_hashes(&self, from: u64, to: u64) -> Result<Vec<Hash>, ()> {
        let present = if to - from > 1 { from + 1 } else { from };
        Ok((present..to).map(|_| empty_root()).collect())
    }

    fn node(&self, _: u8, _: u64) -> Result<Hash, ()> {
        Ok(empty_root())
    }
}

/// Past 65 536, so that proofs use level-16 nodes.
static LARGE: LazyLock<Stored> = LazyLock::new(|| Stored::of(70_000));

#[test]
fn a_store_keeps_one_node_for_256_leaves_and_one_for_65_536() {
    assert_eq!(LARGE.node_count(), 70_000 / 256 + 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_leaf_of_a_large_tree_is_proven(size in 1_u64..=70_000, index in any::<prop::sample::Index>()) {
        let leaves = &LARGE.all()[..at(size)];
        let index = index.index(leaves.len()) as u64;
        let proof = inclusion(size, index, &*LARGE).unwrap();
        let root = naive_root(leaves);
        prop_assert!(verify_inclusion(&LARGE.leaf(index), index, size, &proof, &root).is_ok());
    }

    #[test]
    fn any_growth_of_a_large_tree_is_proven(new in 1_u64..=70_000, old in any::<prop::sample::Index>()) {
        let leaves = &LARGE.all()[..at(new)];
        let old = old.index(leaves.len()) as u64 + 1;
        let proof = consistency(old, new, &*LARGE).unwrap();
        let (old_root, new_root) = (naive_root(&leaves[..at(old)]), naive_root(leaves));
        prop_assert!(verify_consistency(old, new, &proof, &old_root, &new_root).is_ok());
    }

    #[test]
    fn a_proof_with_a_hash_changed_added_or_dropped_does_not_hold(
        size in 2_u64..=70_000,
        index in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
    ) {
        let index = index.index(at(size)) as u64;
        let good = inclusion(size, index, &*LARGE).unwrap();
        let root = naive_root(&LARGE.all()[..at(size)]);
        let place = place.index(good.len());

        let mut changed = good.clone();
        changed[place] = empty_root();
        let mut added = good.clone();
        added.insert(place, good[place]);
        let mut longer = good.clone();
        longer.push(empty_root());
        let mut dropped = good;
        dropped.remove(place);
        for bad in [changed, added, longer, dropped] {
            prop_assert!(verify_inclusion(&LARGE.leaf(index), index, size, &bad, &root).is_err());
        }
    }

    #[test]
    fn no_proof_makes_a_check_panic(
        a in any::<u64>(),
        b in any::<u64>(),
        c in any::<u64>(),
        proof in prop::collection::vec(any::<[u8; 32]>().prop_map(Hash::from), 0..70),
    ) {
        let root = empty_root();
        for (a, b, c) in [(a, b, c), (a & 63, b & 63, c & 63), (0, a, u64::MAX), (a, u64::MAX, u64::MAX)] {
            let _ = verify_inclusion(&root, a, b, &proof, &root);
            let _ = verify_consistency(a, b, &proof, &root, &root);
            let _ = verify_subtree_inclusion(&root, a, b, c, &proof, &root);
            let _ = verify_subtree_consistency(a, b, c, &proof, &root, &root);
        }
    }
}
