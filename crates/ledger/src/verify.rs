//! Checking an export offline, in one pass and in memory that doesn't grow with it.

mod finding;

pub use finding::{Finding, FindingKind};

use std::collections::BTreeMap;

use crate::{
    checkpoint::{Checkpoint, VerifierKey},
    export::{self, Entry},
    hash::{Hash, content_hash, empty_root, leaf_hash},
    leaf::{Id, Leaf},
    tree::Frontier,
};

/// What was proven, when nothing was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which log the checkpoints speak of. Compare it with the one you asked for.
    pub origin: String,
    /// Whose leaves these are. `None`: there are no leaves.
    pub org: Option<Id>,
    /// Leaves read, sealed or not.
    pub leaves: u64,
    /// Signed checkpoints that matched.
    pub checkpoints: u64,
    /// The root in the last of them.
    pub root: Hash,
    /// Leaves after the last checkpoint: in order, but vouched for by nobody yet.
    pub unsealed: u64,
    /// Leaves whose content was pruned or erased; the leaves themselves are proven.
    pub pruned_contents: u64,
}

/// Verifies an export, given as its lines without newlines, against the key you trust: not the one it names.
///
/// # Errors
/// The first [`Finding`].
pub fn verify_export<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>, key: &VerifierKey) -> Result<Report, Finding> {
    verify_export_against_witness(lines, key, &[])
}

/// Verifies an export also against checkpoints of the same log that were kept elsewhere. Only this shows a rollback,
/// an end cut off together with its checkpoints, and a second history signed with the right key.
///
/// # Errors
/// The first [`Finding`].
pub fn verify_export_against_witness<L: AsRef<[u8]>>(
    lines: impl IntoIterator<Item = L>,
    key: &VerifierKey,
    witnessed: &[Checkpoint],
) -> Result<Report, Finding> {
    let mut verifier = Verifier::new(key.clone(), witnessed);
    for line in lines {
        verifier.line(line.as_ref())?;
    }
    verifier.finish()
}

/// The verification, line by line, for callers that read themselves.
#[derive(Debug)]
pub struct Verifier {
    key: VerifierKey,
    /// Checkpoints kept elsewhere and not yet reached, by size.
    witnessed: BTreeMap<u64, Vec<Checkpoint>>,
    origin: Option<String>,
    org: Option<Id>,
    tree: Frontier,
    lines: u64,
    checkpoints: u64,
    sealed: u64,
    sealed_root: Hash,
    pruned_contents: u64,
}

impl Verifier {
    /// A verifier that trusts `key`, and compares with `witnessed` checkpoints (none is fine).
    #[must_use]
    pub fn new(key: VerifierKey, witnessed: &[Checkpoint]) -> Self {
        let mut by_size = BTreeMap::<_, Vec<_>>::new();
        for checkpoint in witnessed {
            by_size.entry(checkpoint.size()).or_default().push(checkpoint.clone());
        }
        Self {
            key,
            witnessed: by_size,
            origin: None,
            org: None,
            tree: Frontier::new(),
            lines: 0,
            checkpoints: 0,
            sealed: 0,
            sealed_root: empty_root(),
            pruned_contents: 0,
        }
    }

    /// Takes the next line, without its newline.
    ///
    /// # Errors
    /// The first [`Finding`]. What the verifier says after one means nothing.
    pub fn line(&mut self, line: &[u8]) -> Result<(), Finding> {
        self.lines += 1;
        if self.origin.is_none() {
            return self.header(line);
        }
        match export::parse_line(line) {
            Some(Entry::Leaf { bytes, stored_hash, content }) => self.leaf(&bytes, stored_hash, content.as_deref()),
            Some(Entry::Checkpoint(note)) => self.checkpoint(&note),
            None => Err(self.finding(FindingKind::Unreadable)),
        }
    }

    /// Ends the export.
    ///
    /// # Errors
    /// A [`Finding`] if nothing vouches for the leaves, or a witness has seen more of them.
    pub fn finish(self) -> Result<Report, Finding> {
        let leaves = self.tree.size();
        let Some(origin) = &self.origin else {
            return Err(self.finding(FindingKind::NotAnExport));
        };
        if let Some((&witnessed, _)) = self.witnessed.last_key_value() {
            return Err(self.finding(FindingKind::RolledBack { witnessed }));
        }
        if self.checkpoints == 0 {
            return Err(self.doubt(FindingKind::NoCheckpoint));
        }
        Ok(Report {
            origin: origin.clone(),
            org: self.org,
            leaves,
            checkpoints: self.checkpoints,
            root: self.sealed_root,
            unsealed: leaves - self.sealed,
            pruned_contents: self.pruned_contents,
        })
    }

    fn header(&mut self, line: &[u8]) -> Result<(), Finding> {
        let Some(header) = export::parse_header(line) else {
            return Err(self.finding(FindingKind::NotAnExport));
        };
        if header.verifier_key != self.key.to_string() {
            return Err(self.finding(FindingKind::NamesOtherKey));
        }
        let is_same_log = |checkpoint: &Checkpoint| checkpoint.origin() == header.origin;
        if !self.witnessed.values().flatten().all(is_same_log) {
            return Err(self.finding(FindingKind::OtherLog));
        }
        self.origin = Some(header.origin.into_owned());
        self.compare_with_witnessed()
    }

    fn leaf(&mut self, bytes: &[u8], stored_hash: Option<Hash>, content: Option<&[u8]>) -> Result<(), Finding> {
        let hash = leaf_hash(bytes);
        if stored_hash.is_some_and(|stored| stored != hash) {
            return Err(self.finding(FindingKind::Edited));
        }
        let leaf = Leaf::decode(bytes).map_err(|error| self.finding(FindingKind::NotALeaf(error)))?;
        let expected = self.tree.size();
        if leaf.seq > expected {
            return Err(self.finding(FindingKind::Missing { found: leaf.seq }));
        }
        if leaf.seq < expected {
            return Err(self.finding(FindingKind::OutOfOrder { found: leaf.seq }));
        }
        if *self.org.get_or_insert(leaf.org) != leaf.org {
            return Err(self.finding(FindingKind::OtherOrganisation));
        }
        match content {
            Some(content) if content_hash(content) != leaf.content => {
                return Err(self.finding(FindingKind::ContentChanged));
            }
            None if leaf.content != content_hash(&[]) => self.pruned_contents += 1,
            Some(_) | None => {}
        }
        // The stored-level nodes serve proofs, which an export doesn't need.
        let _ = self.tree.push(hash);
        self.compare_with_witnessed()
    }

    fn checkpoint(&mut self, note: &str) -> Result<(), Finding> {
        let checkpoint = Checkpoint::parse_and_verify(note, &self.key)
            .map_err(|error| self.doubt(FindingKind::Checkpoint(error)))?;
        if self.origin.as_deref() != Some(checkpoint.origin()) {
            return Err(self.finding(FindingKind::OtherLog));
        }
        let claimed = checkpoint.size();
        if claimed > self.tree.size() {
            return Err(self.finding(FindingKind::CutOff { claimed }));
        }
        if claimed < self.tree.size() {
            return Err(self.doubt(FindingKind::Misplaced { claimed }));
        }
        if checkpoint.root() != self.tree.root() {
            return Err(self.doubt(FindingKind::Rewritten { claimed }));
        }
        self.checkpoints += 1;
        self.sealed = claimed;
        self.sealed_root = checkpoint.root();
        Ok(())
    }

    fn compare_with_witnessed(&mut self) -> Result<(), Finding> {
        let size = self.tree.size();
        let Some(witnessed) = self.witnessed.remove(&size) else {
            return Ok(());
        };
        let root = self.tree.root();
        if witnessed.iter().all(|checkpoint| checkpoint.root() == root) {
            return Ok(());
        }
        Err(self.doubt(FindingKind::Forked { witnessed: size }))
    }

    /// A finding about the next leaf.
    fn finding(&self, kind: FindingKind) -> Finding {
        Finding { line: self.lines, seq: self.tree.size(), kind }
    }

    /// A finding about some leaf after the last matching checkpoint.
    fn doubt(&self, kind: FindingKind) -> Finding {
        Finding { seq: self.sealed, ..self.finding(kind) }
    }
}
