//! Verifying an export, offline: no database, no network, only the key one trusts and, better, a witness's checkpoints.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use sealpost_ledger::{Checkpoint, CheckpointError, Finding, Report, Verifier, VerifierKey};
use serde::Deserialize;

/// An export is not proven.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Something is wrong with the export.
    #[error(transparent)]
    Finding(#[from] Finding),
    /// A witness's file holds something that is not a checkpoint of the trusted key.
    #[error("line {line} of the witness file: {source}")]
    Witness {
        /// The line, from 1; 1 for a file that is one note.
        line: usize,
        /// What is wrong with it.
        source: CheckpointError,
    },
    /// A file could not be read.
    #[error("a file could not be read: {0}")]
    Io(#[from] io::Error),
}

/// Verifies an export against the key one trusts and checkpoints kept elsewhere (none is allowed, and proves less).
pub fn verify(export: impl BufRead, key: &VerifierKey, witnessed: &[Checkpoint]) -> Result<Report, VerifyError> {
    let mut verifier = Verifier::new(key.clone(), witnessed);
    for line in export.split(b'\n') {
        verifier.line(&line?)?;
    }
    Ok(verifier.finish()?)
}

/// Verifies an export in a file, with the files of any number of witnesses.
pub fn verify_file(export: &Path, key: &VerifierKey, witnesses: &[PathBuf]) -> Result<Report, VerifyError> {
    let mut witnessed = Vec::new();
    for witness in witnesses {
        witnessed.extend(witnessed_in(&std::fs::read_to_string(witness)?, key)?);
    }
    verify(BufReader::new(File::open(export)?), key, &witnessed)
}

/// The checkpoints in a witness's file: a line of JSON for each, as [`WitnessFolder`](crate::checkpoints::WitnessFolder) writes
/// them, or one signed note as the API shows it.
pub fn witnessed_in(text: &str, key: &VerifierKey) -> Result<Vec<Checkpoint>, VerifyError> {
    if !text.starts_with('{') {
        let checkpoint = Checkpoint::parse_and_verify(text, key);
        return Ok(vec![checkpoint.map_err(|source| VerifyError::Witness { line: 1, source })?]);
    }
    // A line without its end was being written when the machine stopped.
    let complete = text.rsplit_once('\n').map_or("", |(complete, _)| complete);
    let lines = complete.lines().enumerate();
    lines
        .map(|(at, line)| {
            let kept: Option<Kept> = serde_json::from_str(line).ok();
            let note = kept.ok_or(CheckpointError::Malformed);
            let checkpoint = note.and_then(|kept| Checkpoint::parse_and_verify(&kept.checkpoint, key));
            checkpoint.map_err(|source| VerifyError::Witness { line: at + 1, source })
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    checkpoint: String,
}
