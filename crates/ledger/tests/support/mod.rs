//! Leaves, keys and exports to test with.
#![allow(dead_code, reason = "every test file uses a part")]

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::STANDARD};
use sealpost_ledger::{
    Action, Actor, Checkpoint, Environment, Frontier, Hash, Leaf, LeafResult, NodeSource, Reason, Target, TargetKind,
    TileNode, VerifierKey, content_hash, export, leaf_hash,
};
use std::collections::HashMap;

pub(crate) const ORIGIN: &str = "sealpost.example/ledger/7f3c";

/// The secret key of RFC 8032 §7.1 TEST 1.
pub(crate) const SEED: [u8; 32] = [
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5,
    0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];

pub(crate) struct Signer {
    pair: Ed25519KeyPair,
    pub(crate) key: VerifierKey,
}

impl Signer {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        let public = pair.public_key().as_ref().try_into().unwrap();
        let key = VerifierKey::new("sealpost.example", public).unwrap();
        Self { pair, key }
    }

    pub(crate) fn sign(&self, checkpoint: &Checkpoint) -> String {
        checkpoint.sign(&self.key, &|text| self.signature(text))
    }

    /// A note around any text, also around one that is no checkpoint.
    pub(crate) fn sign_text(&self, text: &str) -> String {
        let signature = self.signature(text.as_bytes());
        let blob = STANDARD.encode([self.key.key_id().as_slice(), &signature].concat());
        format!("{text}\n\u{2014} {} {blob}\n", self.key.name())
    }

    fn signature(&self, text: &[u8]) -> [u8; 64] {
        self.pair.sign(text).as_ref().try_into().unwrap()
    }
}

pub(crate) fn content(seq: u64) -> Vec<u8> {
    format!("sealed content of {seq}").into_bytes()
}

pub(crate) fn leaf(seq: u64) -> Leaf {
    Leaf {
        org: [7; 16],
        seq,
        at_ms: 1_763_791_708_123 + i64::try_from(seq).unwrap(),
        actor: Actor { kind: 1, id: [2; 16] },
        action: Action::from_static("endpoint.create"),
        target: Some(Target { kind: TargetKind::from_static("endpoint"), id: [3; 16] }),
        result: LeafResult::Denied,
        reason: Some(Reason::from_static("consent_missing")),
        request: [4; 16],
        environment: Environment::Live,
        content: content_hash(&content(seq)),
    }
}

/// A writer's export in the making.
pub(crate) struct Export {
    pub(crate) lines: Vec<String>,
    pub(crate) tree: Frontier,
}

impl Export {
    pub(crate) fn new(signer: &Signer) -> Self {
        Self { lines: vec![export::header_line(ORIGIN, &signer.key)], tree: Frontier::new() }
    }

    pub(crate) fn leaf(&mut self, leaf: &Leaf, content: Option<&[u8]>) {
        let bytes = leaf.encode();
        let hash = leaf_hash(&bytes);
        let _ = self.tree.push(hash);
        self.lines.push(export::leaf_line(&bytes, &hash, content));
    }

    pub(crate) fn leaves(&mut self, to: u64) {
        for seq in self.tree.size()..to {
            self.leaf(&leaf(seq), Some(&content(seq)));
        }
    }

    pub(crate) fn head(&self) -> Checkpoint {
        Checkpoint::new(ORIGIN, self.tree.size(), self.tree.root()).unwrap()
    }

    pub(crate) fn checkpoint(&mut self, signer: &Signer) {
        self.lines.push(export::checkpoint_line(&signer.sign(&self.head())));
    }
}

/// What a store keeps of a tree, and nothing else.
#[derive(Default)]
pub(crate) struct Stored {
    pub(crate) frontier: Frontier,
    leaves: Vec<Hash>,
    nodes: HashMap<(u8, u64), Hash>,
}

impl Stored {
    pub(crate) fn of(size: u64) -> Self {
        let mut stored = Self::default();
        for seq in 0..size {
            stored.push(leaf_hash(&seq.to_be_bytes()));
        }
        stored
    }

    pub(crate) fn push(&mut self, hash: Hash) {
        self.leaves.push(hash);
        for TileNode { level, index, hash } in self.frontier.push(hash) {
            assert!(self.nodes.insert((level, index), hash).is_none());
        }
    }

    pub(crate) fn leaf(&self, index: u64) -> Hash {
        self.leaves[usize::try_from(index).unwrap()]
    }

    pub(crate) fn all(&self) -> &[Hash] {
        &self.leaves
    }

    pub(crate) fn node_count(&self) -> usize {
        self.nodes.len()
    }
}

impl NodeSource for Stored {
    type Error = (u8, u64);

    fn leaf_hashes(&self, from: u64, to: u64) -> Result<Vec<Hash>, Self::Error> {
        assert!(to - from <= 128, "a proof asks for little at a time");
        self.leaves
            .get(usize::try_from(from).unwrap()..usize::try_from(to).unwrap())
            .map(<[Hash]>::to_vec)
            .ok_or((0, from))
    }

    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        self.nodes.get(&(level, index)).copied().ok_or((level, index))
    }
}
