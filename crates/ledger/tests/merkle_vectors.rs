//! The proof vectors of transparency-dev/merkle: 518 files, most of them proofs that must not hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use sealpost_ledger::{
    Hash,
    proof::{Refused, verify_consistency, verify_inclusion, verify_subtree_consistency, verify_subtree_inclusion},
};
use serde::Deserialize;

const VECTORS: usize = 518;

#[test]
#[expect(clippy::disallowed_methods, reason = "whether it runs in CI is the test's own configuration")]
fn every_published_vector_is_judged_as_published() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/merkle/testdata");
    if !root.is_dir() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "the merkle vectors are missing");
        eprintln!("SKIPPED: no merkle vectors beside the project; NOTHING was tested by this test");
        return;
    }
    let (mut judged, mut held) = (0, 0);
    for (kind, check) in [
        ("inclusion", inclusion as fn(&str) -> Verdict),
        ("consistency", consistency),
        ("subtreeinclusion", subtree_inclusion),
        ("subtreeconsistency", subtree_consistency),
    ] {
        for file in json_files(&root.join(kind)) {
            let verdict = check(&fs::read_to_string(&file).unwrap());
            assert_eq!(verdict.expected, verdict.given, "{}", file.display());
            judged += 1;
            held += usize::from(verdict.given);
        }
    }
    println!("merkle vectors: {judged} judged, {held} of them proofs that hold");
    assert_eq!(judged, VECTORS);
}

struct Verdict {
    expected: bool,
    given: bool,
}

impl Verdict {
    fn new(want_err: bool, given: Option<Result<(), Refused>>) -> Self {
        Self { expected: !want_err, given: given.is_some_and(|result| result.is_ok()) }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inclusion {
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

fn inclusion(json: &str) -> Verdict {
    let v: Inclusion = serde_json::from_str(json).unwrap();
    let check = || {
        let (leaf, proof) = (hash(&v.leaf_hash)?, proof(&v.proof)?);
        let root = hash(&v.root)?;
        Some(verify_inclusion(&leaf, v.leaf_idx, v.tree_size, &proof, &root))
    };
    Verdict::new(v.want_err, check())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consistency {
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

fn consistency(json: &str) -> Verdict {
    let v: Consistency = serde_json::from_str(json).unwrap();
    let check = || {
        let proof = proof(&v.proof)?;
        let (root1, root2) = (any_root(&v.root1), any_root(&v.root2));
        Some(verify_consistency(v.size1, v.size2, &proof, &root1, &root2))
    };
    Verdict::new(v.want_err, check())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubtreeInclusion {
    leaf_idx: u64,
    start: u64,
    end: u64,
    root: String,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

fn subtree_inclusion(json: &str) -> Verdict {
    let v: SubtreeInclusion = serde_json::from_str(json).unwrap();
    let check = || {
        let (leaf, proof) = (hash(&v.leaf_hash)?, proof(&v.proof)?);
        let root = hash(&v.root)?;
        Some(verify_subtree_inclusion(&leaf, v.leaf_idx, v.start, v.end, &proof, &root))
    };
    Verdict::new(v.want_err, check())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubtreeConsistency {
    start: u64,
    end: u64,
    size: u64,
    root1: String,
    root2: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

fn subtree_consistency(json: &str) -> Verdict {
    let v: SubtreeConsistency = serde_json::from_str(json).unwrap();
    let check = || {
        let proof = proof(&v.proof)?;
        let (root1, root2) = (any_root(&v.root1), any_root(&v.root2));
        Some(verify_subtree_consistency(v.start, v.end, v.size, &proof, &root1, &root2))
    };
    Verdict::new(v.want_err, check())
}

/// A hash of another length is refused by our types, which is a verdict too.
fn hash(base64: &str) -> Option<Hash> {
    Hash::from_base64(base64)
}

/// Some vectors put text where a root belongs ("don't care 1") and ask only whether two of them are equal. A stand-in
/// keeps that question.
fn any_root(base64: &str) -> Hash {
    hash(base64).unwrap_or_else(|| {
        let mut stand_in = [0; 32];
        stand_in[..base64.len()].copy_from_slice(base64.as_bytes());
        stand_in.into()
    })
}

fn proof(hashes: &Option<Vec<String>>) -> Option<Vec<Hash>> {
    hashes.iter().flatten().map(|text| hash(text)).collect()
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(json_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "json") {
            files.push(path);
        }
    }
    files
}
