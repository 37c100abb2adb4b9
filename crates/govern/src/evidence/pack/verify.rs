//! Checking a pack offline: no database, no network, only the key one trusts.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;

use sealpost_ledger::{CheckpointError, Finding, Report, Verifier, VerifierKey};
use sealpost_seal::key::Sha256;

use super::manifest::{Entry, FILE, LEDGER, Manifest, hex};
use super::zip;

/// The longest list: it names a handful of files.
const MOST_BYTES: u64 = 1 << 20;

/// Why a pack is none one may rely on.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Its list is not signed by the key one trusts, or not exactly in form.
    #[error("the list of its files: {0}")]
    Note(#[from] CheckpointError),
    /// A file is missing, there is one too many, or one is not what was signed.
    #[error("{file} is not what was signed")]
    Changed {
        /// Which.
        file: String,
    },
    /// The ledger in it doesn't hold.
    #[error("the ledger in it: {0}")]
    Ledger(#[from] Finding),
    /// The ledger in it is another one, or a part of it.
    #[error("the ledger in it is not the one that was signed for")]
    AnotherLedger,
    /// It could not be read.
    #[error("the pack could not be read: {0}")]
    Io(#[from] io::Error),
}

/// A pack that holds.
#[derive(Debug)]
pub struct Verified {
    /// What is in it.
    pub manifest: Manifest,
    /// What the ledger in it came to.
    pub ledger: Report,
}

/// Checks a pack: a zip file or a folder.
///
/// # Errors
/// [`PackError`]: it proves nothing.
pub fn verify(pack: &Path, key: &VerifierKey) -> Result<Verified, PackError> {
    if pack.is_dir() { folder(pack, key) } else { zipped(File::open(pack)?, key) }
}

fn folder(folder: &Path, key: &VerifierKey) -> Result<Verified, PackError> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        names.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    let note = note(File::open(folder.join(FILE))?)?;
    let manifest = Manifest::open(&note, key)?;
    complete(&manifest, &names)?;
    let mut ledger = None;
    for entry in &manifest.files {
        let file = BufReader::new(File::open(folder.join(&entry.name))?);
        judge(entry, file, key, &mut ledger)?;
    }
    finish(manifest, ledger, key)
}

/// Checks a zip file.
pub(super) fn zipped(mut file: impl Read + Seek, key: &VerifierKey) -> Result<Verified, PackError> {
    let members = zip::members(&mut file).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => changed("the zip file"),
        _ => error.into(),
    })?;
    let Some(signed) = members.last().filter(|last| last.name == FILE) else { return Err(changed(FILE)) };
    let note = note(zip::content(&mut file, signed)?)?;
    let crc = crc32fast::hash(note.as_bytes());
    if !zip::has_checksum(signed, crc) {
        return Err(changed(FILE));
    }
    let manifest = Manifest::open(&note, key)?;
    let names: Vec<_> = members.iter().map(|member| member.name.clone()).collect();
    let wanted = manifest.files.iter().map(|entry| entry.name.as_str()).chain([FILE]);
    if !wanted.eq(names.iter().map(String::as_str)) {
        return Err(changed("a file"));
    }
    let mut ledger = None;
    for (member, entry) in members.iter().zip(&manifest.files) {
        let content = BufReader::new(zip::content(&mut file, member)?);
        let crc = judge(entry, content, key, &mut ledger)?;
        if !zip::has_checksum(member, crc) {
            return Err(changed(&member.name));
        }
    }
    finish(manifest, ledger, key)
}

fn changed(file: &str) -> PackError {
    PackError::Changed { file: file.to_owned() }
}

fn note(file: impl Read) -> Result<String, PackError> {
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8(bytes).map_err(|_| CheckpointError::Malformed)?)
}

/// Whether exactly these files are there.
fn complete(manifest: &Manifest, names: &BTreeSet<String>) -> Result<(), PackError> {
    let wanted: BTreeSet<String> = manifest.files.iter().map(|entry| entry.name.clone()).chain([FILE.into()]).collect();
    let is_plain = |name: &String| !name.contains(['/', '\\']) && name != "..";
    match wanted.symmetric_difference(names).next().or_else(|| wanted.iter().find(|name| !is_plain(name))) {
        Some(name) => Err(changed(name)),
        None => Ok(()),
    }
}

/// Reads a file, and compares it with what was signed; answers its checksum.
fn judge(
    entry: &Entry,
    mut file: impl BufRead,
    key: &VerifierKey,
    ledger: &mut Option<Result<Report, Finding>>,
) -> Result<u32, PackError> {
    let mut lines = (entry.name == LEDGER).then(|| Leaves::new(key));
    let (mut digest, mut crc, mut bytes) = (Sha256::default(), crc32fast::Hasher::new(), 0_u64);
    loop {
        let some = file.fill_buf()?;
        if some.is_empty() {
            break;
        }
        digest.update(some);
        crc.update(some);
        bytes += some.len() as u64;
        if let Some(lines) = &mut lines {
            lines.read(some);
        }
        let length = some.len();
        file.consume(length);
    }
    if bytes != entry.bytes || hex(&digest.finish()) != entry.sha256 {
        return Err(changed(&entry.name));
    }
    if let Some(lines) = lines {
        *ledger = Some(lines.finish());
    }
    Ok(crc.finalize())
}

/// The ledger's lines as they come.
struct Leaves {
    verifier: Verifier,
    line: Vec<u8>,
    finding: Option<Finding>,
}

impl Leaves {
    fn new(key: &VerifierKey) -> Self {
        Self { verifier: Verifier::new(key.clone(), &[]), line: Vec::new(), finding: None }
    }

    fn read(&mut self, mut some: &[u8]) {
        while let Some(end) = some.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = some.split_at(end);
            self.line.extend_from_slice(line);
            self.take();
            some = rest.get(1..).unwrap_or_default();
        }
        self.line.extend_from_slice(some);
    }

    fn take(&mut self) {
        let line = std::mem::take(&mut self.line);
        if self.finding.is_none() {
            self.finding = self.verifier.line(&line).err();
        }
    }

    fn finish(mut self) -> Result<Report, Finding> {
        if !self.line.is_empty() {
            self.take();
        }
        match self.finding {
            Some(finding) => Err(finding),
            None => self.verifier.finish(),
        }
    }
}

fn finish(
    manifest: Manifest,
    ledger: Option<Result<Report, Finding>>,
    key: &VerifierKey,
) -> Result<Verified, PackError> {
    let ledger = ledger.ok_or_else(|| changed(LEDGER))??;
    let ours = ledger.origin == format!("{}/{}", key.name(), manifest.organisation);
    let whole = ledger.leaves == manifest.leaves && ledger.unsealed == 0;
    if ours && whole { Ok(Verified { manifest, ledger }) } else { Err(PackError::AnotherLedger) }
}
