//! Request bodies: strict JSON, read once.
//!
//! The bytes are checked in one pass (RFC 8259, and the stricter parts of I-JSON, RFC 7493): UTF-8, no lone surrogates, no
//! duplicate keys at any depth, at most 64 levels, numbers a JavaScript client holds exactly. The pass leaves a flat list of
//! nodes; the typed value and the canonical form for idempotency are both read from it.

mod canonical;
mod document;
mod form;
mod item;
mod parse;
mod typed;

pub(crate) use document::Document;
pub(crate) use form::{FORM, Form};
pub use item::Item;
pub(crate) use typed::is_code;

use hyper::body::Bytes;

use crate::idempotency;
use crate::problem::Refusal;

/// What a route reads from the request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: a body is refused.
    Nothing,
    /// Strict JSON (`application/json`).
    Json,
    /// Strict JSON of one of these media types, with members that a standard of others may have added.
    OpenJson(&'static [&'static str]),
    /// A form (`application/x-www-form-urlencoded`).
    Form,
    /// Any bytes of one of these media types.
    Bytes(&'static [&'static str]),
}

/// A body as it arrived.
pub(crate) enum Payload {
    Nothing,
    Json(Document),
    Form(Form),
    Bytes(Bytes),
}

impl Payload {
    /// The string under a key of the top-level object.
    pub(crate) fn top_level_text(&self, key: &str) -> Option<std::borrow::Cow<'_, str>> {
        match self {
            Self::Json(document) => document.top_level_text(key),
            Self::Form(form) if key == idempotency::key::FIELD => form.idempotency_key().map(Into::into),
            _ => None,
        }
    }

    /// What makes two requests the same request, whatever their white space and key order.
    pub(crate) fn write_canonical(&self, out: &mut Vec<u8>) {
        match self {
            Self::Nothing => {}
            Self::Json(document) => document.write_canonical(out),
            Self::Form(form) => form.write_canonical(out),
            Self::Bytes(bytes) => out.extend_from_slice(bytes),
        }
    }
}

/// The typed value of a form.
pub(crate) fn form<T: serde::de::DeserializeOwned>(payload: &Payload) -> Result<T, Refusal> {
    match payload {
        Payload::Form(form) => form.read(),
        _ => Err(Refusal::of(&crate::problem::BODY_INVALID).at("", "field_missing")),
    }
}

/// The typed value of a JSON payload.
pub(crate) fn typed<T: serde::de::DeserializeOwned>(payload: &Payload) -> Result<T, Refusal> {
    match payload {
        Payload::Json(document) => typed::read(document),
        _ => Err(Refusal::of(&crate::problem::BODY_INVALID).at("", "field_missing")),
    }
}
