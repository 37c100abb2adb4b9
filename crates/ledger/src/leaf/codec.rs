//! The one form a leaf has in bytes.
//!
//! Writing and reading are two implementations on purpose: `encode` writes its few CBOR heads itself, `decode` reads
//! with minicbor and then demands that encoding gives the same bytes. A mistake in either is a refusal, not a second form.

use minicbor::{Decoder, decode::Error as CborError};

use super::{Action, Actor, Environment, Id, Leaf, LeafError, LeafResult, Reason, Target, TargetKind};
use crate::hash::Hash;

/// Most leaves fit, so that encoding allocates once.
pub(super) const TYPICAL_LEN: usize = 192;

const ITEMS: u64 = 14;

/// CBOR major types (RFC 8949 §3.1), already in the upper three bits.
const UNSIGNED: u8 = 0 << 5;
const NEGATIVE: u8 = 1 << 5;
const BYTES: u8 = 2 << 5;
const TEXT: u8 = 3 << 5;
const ARRAY: u8 = 4 << 5;

pub(super) fn encode(leaf: &Leaf, out: &mut Vec<u8>) {
    head(out, ARRAY, ITEMS);
    head(out, UNSIGNED, Leaf::VERSION.into());
    bytes(out, &leaf.org);
    head(out, UNSIGNED, leaf.seq);
    integer(out, leaf.at_ms);
    head(out, UNSIGNED, leaf.actor.kind.into());
    bytes(out, &leaf.actor.id);
    text(out, leaf.action.as_str());
    match &leaf.target {
        Some(target) => {
            text(out, target.kind.as_str());
            bytes(out, &target.id);
        }
        None => {
            text(out, "");
            bytes(out, &[]);
        }
    }
    head(out, UNSIGNED, result_code(leaf.result).into());
    text(out, leaf.reason.as_ref().map_or("", Reason::as_str));
    bytes(out, &leaf.request);
    head(out, UNSIGNED, environment_code(leaf.environment).into());
    bytes(out, leaf.content.as_bytes());
}

pub(super) fn decode(input: &[u8]) -> Result<Leaf, LeafError> {
    let mut decoder = Decoder::new(input);
    if decoder.array()? != Some(ITEMS) {
        return Err(LeafError::Syntax);
    }
    if decoder.u8()? != Leaf::VERSION {
        return Err(LeafError::Version);
    }
    let leaf = Leaf {
        org: id(&mut decoder)?,
        seq: decoder.u64()?,
        at_ms: decoder.i64()?,
        actor: Actor { kind: decoder.u8()?, id: id(&mut decoder)? },
        action: Action::new(decoder.str()?.to_owned())?,
        target: target(&mut decoder)?,
        result: result_from(decoder.u8()?)?,
        reason: reason(decoder.str()?)?,
        request: id(&mut decoder)?,
        environment: environment_from(decoder.u8()?)?,
        content: Hash::from_slice(decoder.bytes()?).ok_or(LeafError::Length)?,
    };
    let mut canonical = Vec::with_capacity(input.len());
    encode(&leaf, &mut canonical);
    if canonical == input { Ok(leaf) } else { Err(LeafError::NotCanonical) }
}

/// The shortest head for a value (RFC 8949 §4.2.1).
fn head(out: &mut Vec<u8>, major: u8, value: u64) {
    let [.., b4, b5, b6, b7] = value.to_be_bytes();
    if value < 24 {
        out.push(major | b7);
    } else if value <= u64::from(u8::MAX) {
        out.extend_from_slice(&[major | 24, b7]);
    } else if value <= u64::from(u16::MAX) {
        out.extend_from_slice(&[major | 25, b6, b7]);
    } else if value <= u64::from(u32::MAX) {
        out.extend_from_slice(&[major | 26, b4, b5, b6, b7]);
    } else {
        out.push(major | 27);
        out.extend_from_slice(&value.to_be_bytes());
    }
}

fn integer(out: &mut Vec<u8>, value: i64) {
    if value >= 0 {
        head(out, UNSIGNED, value.cast_unsigned());
    } else {
        // −1 − n (RFC 8949 §3.1) is the complement in two's complement.
        head(out, NEGATIVE, (!value).cast_unsigned());
    }
}

fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    head(out, BYTES, value.len() as u64);
    out.extend_from_slice(value);
}

fn text(out: &mut Vec<u8>, value: &str) {
    head(out, TEXT, value.len() as u64);
    out.extend_from_slice(value.as_bytes());
}

fn id(decoder: &mut Decoder<'_>) -> Result<Id, LeafError> {
    Id::try_from(decoder.bytes()?).map_err(|_| LeafError::Length)
}

fn target(decoder: &mut Decoder<'_>) -> Result<Option<Target>, LeafError> {
    match (decoder.str()?, decoder.bytes()?) {
        ("", []) => Ok(None),
        ("", _) | (_, []) => Err(LeafError::Value),
        (kind, id) => Ok(Some(Target {
            kind: TargetKind::new(kind.to_owned())?,
            id: Id::try_from(id).map_err(|_| LeafError::Length)?,
        })),
    }
}

fn reason(text: &str) -> Result<Option<Reason>, LeafError> {
    if text.is_empty() {
        return Ok(None);
    }
    Reason::new(text.to_owned()).map(Some)
}

const fn result_code(result: LeafResult) -> u8 {
    match result {
        LeafResult::Ok => 0,
        LeafResult::Denied => 1,
        LeafResult::Failed => 2,
    }
}

const fn result_from(code: u8) -> Result<LeafResult, LeafError> {
    match code {
        0 => Ok(LeafResult::Ok),
        1 => Ok(LeafResult::Denied),
        2 => Ok(LeafResult::Failed),
        _ => Err(LeafError::Value),
    }
}

const fn environment_code(environment: Environment) -> u8 {
    match environment {
        Environment::None => 0,
        Environment::Test => 1,
        Environment::Live => 2,
    }
}

const fn environment_from(code: u8) -> Result<Environment, LeafError> {
    match code {
        0 => Ok(Environment::None),
        1 => Ok(Environment::Test),
        2 => Ok(Environment::Live),
        _ => Err(LeafError::Value),
    }
}

impl From<CborError> for LeafError {
    fn from(_: CborError) -> Self {
        Self::Syntax
    }
}
