//! How a refusal looks on the wire (RFC 9457 §3).

use sealpost_store::RequestId;
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};
use serde_json::Value;

use super::{Place, Refusal, Wrong};

impl Refusal {
    /// The problem as a JSON value, to stand inside another answer: what became of one item of a batch.
    pub fn to_value(&self, request: RequestId) -> Value {
        serde_json::to_value(Document { refusal: self, request }).unwrap_or_default()
    }

    /// The `application/problem+json` document.
    pub(crate) fn document(&self, request: RequestId) -> Vec<u8> {
        // Maps of strings and values: serialising them has no way to fail.
        serde_json::to_vec(&Document { refusal: self, request }).unwrap_or_default()
    }
}

struct Document<'a> {
    refusal: &'a Refusal,
    request: RequestId,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = &self.refusal.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &format_args!("/docs/errors#{}", inner.code.code))?;
        map.serialize_entry("title", inner.code.title)?;
        map.serialize_entry("status", &inner.code.status)?;
        map.serialize_entry("code", inner.code.code)?;
        if let Some(detail) = &inner.detail {
            map.serialize_entry("detail", detail)?;
        }
        map.serialize_entry("request_id", &self.request)?;
        if !inner.errors.is_empty() {
            map.serialize_entry("errors", &inner.errors)?;
        }
        for (name, value) in &inner.members {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for Wrong {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut wrong = serializer.serialize_struct("Wrong", 2)?;
        match &self.place {
            Place::Pointer(pointer) => wrong.serialize_field("pointer", pointer)?,
            Place::Parameter(name) => wrong.serialize_field("parameter", name)?,
            Place::Header(name) => wrong.serialize_field("header", name)?,
        }
        wrong.serialize_field("code", &self.code)?;
        wrong.end()
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use sealpost_store::RequestId;

    #[test]
    fn a_refusal_says_where_and_why_but_never_what_was_sent() {
        let request = RequestId::from_bytes([1; 16]);
        let refusal =
            Refusal::of(&BODY_INVALID).at("/to/phone", "not_e164").member("hint", "E.164").detail("See the field.");
        let text = String::from_utf8(refusal.document(request)).unwrap();
        assert_eq!(
            text,
            format!(
                concat!(
                    r#"{{"type":"/docs/errors#body_invalid","title":"The body has fields that are unknown, missing or wrong","#,
                    r#""status":422,"code":"body_invalid","detail":"See the field.","request_id":"{}","#,
                    r#""errors":[{{"pointer":"/to/phone","code":"not_e164"}}],"hint":"E.164"}}"#
                ),
                request
            )
        );
    }

    #[test]
    fn codes_are_unique_and_their_statuses_are_errors() {
        let mut names: Vec<_> = ALL.iter().map(|code| code.code).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        assert!(ALL.iter().all(|code| (400..600).contains(&code.status)));
    }

    #[test]
    fn a_fault_of_the_store_tells_the_client_nothing() {
        let failure = Failure::from(sealpost_store::StoreError::Unopenable);
        assert!(matches!(failure, Failure::Fault(_)));
        let busy = Failure::from(sealpost_store::StoreError::Overloaded);
        assert!(
            matches!(busy, Failure::Refused(refusal) if refusal.code() == &OVERLOADED && refusal.seconds_to_wait() == Some(1))
        );
    }
}
