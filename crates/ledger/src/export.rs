//! The export: JSON Lines, one fact a line, readable by eye and by any tool.
//!
//! ```text
//! {"format":"sealpost-ledger-export/1","origin":"…","verifier_key":"…"}      first, once
//! {"leaf":"<base64>","hash":"<base64>","content":"<base64>"}                 every leaf from 0, in order
//! {"checkpoint":"<signed note>"}                                             right after the last leaf it covers
//! ```
//!
//! `leaf` is the canonical bytes. `hash` is the leaf hash *as it was stored when the leaf was written*; it may be
//! absent, and it proves nothing, but with it a verifier can name the very leaf that was edited and not only the stretch
//! between two checkpoints. `content` is the sealed content; it is absent when pruned or erased.
//!
//! A checkpoint stands right after its last leaf so that verifying needs one pass and memory that doesn't grow. The
//! functions here are the only writer; lines come without their newline.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::{checkpoint::VerifierKey, hash::Hash};

/// The format and its version, as the first line names it.
pub const FORMAT: &str = "sealpost-ledger-export/1";

/// The first line: which log this is, and which key its writer claims. A verifier trusts neither.
#[must_use]
pub fn header_line(origin: &str, key: &VerifierKey) -> String {
    line(&Header { format: FORMAT.into(), origin: origin.into(), verifier_key: key.to_string().into() })
}

/// A leaf's line: its canonical bytes, its stored [`leaf_hash`](crate::leaf_hash), and its sealed content unless that
/// is pruned or there never was any.
#[must_use]
pub fn leaf_line(leaf: &[u8], stored_hash: &Hash, content: Option<&[u8]>) -> String {
    line(&Line {
        leaf: Some(STANDARD.encode(leaf).into()),
        hash: Some(stored_hash.to_base64().into()),
        content: content.map(|content| STANDARD.encode(content).into()),
        checkpoint: None,
    })
}

/// A checkpoint's line, from the signed note.
#[must_use]
pub fn checkpoint_line(note: &str) -> String {
    line(&Line { checkpoint: Some(note.into()), ..Line::default() })
}

/// The header as read.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header<'a> {
    #[serde(borrow)]
    pub(crate) format: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) origin: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) verifier_key: Cow<'a, str>,
}

/// What a line after the header says.
pub(crate) enum Entry<'a> {
    Leaf { bytes: Vec<u8>, stored_hash: Option<Hash>, content: Option<Vec<u8>> },
    Checkpoint(Cow<'a, str>),
}

pub(crate) fn parse_header(line: &[u8]) -> Option<Header<'_>> {
    serde_json::from_slice(line).ok().filter(|header: &Header<'_>| header.format == FORMAT)
}

pub(crate) fn parse_line(line: &[u8]) -> Option<Entry<'_>> {
    match serde_json::from_slice(line).ok()? {
        Line { leaf: Some(leaf), hash, content, checkpoint: None } => Some(Entry::Leaf {
            bytes: bytes(&leaf)?,
            stored_hash: match hash {
                Some(hash) => Some(Hash::from_base64(&hash)?),
                None => None,
            },
            content: match content {
                Some(content) => Some(bytes(&content)?),
                None => None,
            },
        }),
        Line { leaf: None, hash: None, content: None, checkpoint: Some(note) } => Some(Entry::Checkpoint(note)),
        _ => None,
    }
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    leaf: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    hash: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    content: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    checkpoint: Option<Cow<'a, str>>,
}

fn bytes(base64: &str) -> Option<Vec<u8>> {
    STANDARD.decode(base64).ok()
}

fn line(value: &impl Serialize) -> String {
    // Strings in structs always have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}
