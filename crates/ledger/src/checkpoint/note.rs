//! The text of a checkpoint and of the note that carries it, each in exactly one form.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Checkpoint, CheckpointError, VerifierKey,
    key::{KEY_ID_LEN, is_name},
};
use crate::hash::Hash;

/// c2sp.org/signed-note: signature lines start with an em dash and a space.
const SIGNATURE_START: &str = "\u{2014} ";
/// c2sp.org/signed-note lets a reader refuse more than this.
const MAX_SIGNATURES: usize = 16;

/// What is signed: origin, size, root and extensions, each line with its newline.
pub(super) fn body(checkpoint: &Checkpoint) -> String {
    let mut text = String::new();
    let (origin, size) = (&checkpoint.origin, checkpoint.size);
    let root = checkpoint.root.to_base64();
    // Writing to a String can't fail.
    let _ = write!(text, "{origin}\n{size}\n{root}\n");
    for line in &checkpoint.extensions {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The note: what is signed, an empty line, and the signature line.
pub(super) fn signed(body: &str, key: &VerifierKey, signature: &[u8; 64]) -> String {
    let signature = STANDARD.encode([key.key_id().as_slice(), signature].concat());
    format!("{body}\n{SIGNATURE_START}{} {signature}\n", key.name())
}

/// The signed text, if `key` signed it.
pub(super) fn open<'a>(note: &'a str, key: &VerifierKey) -> Result<&'a str, CheckpointError> {
    let (text, signatures) = split(note).ok_or(CheckpointError::Malformed)?;
    let lines: Vec<Signature<'_>> = signatures
        .split('\n')
        .map(signature_line)
        .collect::<Option<_>>()
        .filter(|lines: &Vec<_>| lines.len() <= MAX_SIGNATURES)
        .ok_or(CheckpointError::Malformed)?;

    let mut ours = lines.iter().filter(|line| line.name == key.name() && line.key_id == key.key_id());
    match (ours.next(), ours.next()) {
        (None, _) => Err(CheckpointError::OtherKey),
        (Some(_), Some(_)) => Err(CheckpointError::Malformed),
        (Some(line), None) if key.verifies(text.as_bytes(), &line.signature) => Ok(text),
        (Some(_), None) => Err(CheckpointError::BadSignature),
    }
}

/// A checkpoint out of a text whose signature holds.
pub(super) fn parse_body(text: &str) -> Result<Checkpoint, CheckpointError> {
    let checkpoint = checkpoint(text).ok_or(CheckpointError::Malformed)?;
    if body(&checkpoint) == text { Ok(checkpoint) } else { Err(CheckpointError::Malformed) }
}

/// Not empty, and nothing in it that could end the line or hide in a terminal.
pub(super) fn is_line(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

struct Signature<'a> {
    name: &'a str,
    key_id: [u8; KEY_ID_LEN],
    signature: Vec<u8>,
}

/// Text with its last newline, and the signature lines without theirs. A checkpoint has no empty line of its own, so
/// there is exactly one place to cut.
fn split(note: &str) -> Option<(&str, &str)> {
    let (text, signatures) = note.strip_suffix('\n')?.split_once("\n\n")?;
    let text = note.get(..text.len() + 1)?;
    Some((text, signatures))
}

fn signature_line(line: &str) -> Option<Signature<'_>> {
    let (name, blob) = line.strip_prefix(SIGNATURE_START)?.split_once(' ')?;
    let blob = STANDARD.decode(blob).ok()?;
    let (key_id, signature) = blob.split_first_chunk()?;
    (is_name(name) && !signature.is_empty()).then(|| Signature { name, key_id: *key_id, signature: signature.to_vec() })
}

fn checkpoint(text: &str) -> Option<Checkpoint> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let origin = lines.next()?;
    let size = lines.next()?.parse().ok()?;
    let root = Hash::from_base64(lines.next()?)?;
    let extensions = lines.map(str::to_owned).collect();
    Checkpoint::with_extensions(origin, size, root, extensions).ok()
}
