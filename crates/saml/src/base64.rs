//! base64 as XML carries it: with line ends anywhere (XML Schema Part 2 §3.2.16), otherwise canonical.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::xml::ShapeFlaw;

/// The bytes; `what` names the value in the refusal.
pub(crate) fn decode(text: &str, what: &'static str) -> Result<Vec<u8>, ShapeFlaw> {
    let dense: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).collect();
    STANDARD.decode(dense).map_err(|_| ShapeFlaw::Value(what))
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}
