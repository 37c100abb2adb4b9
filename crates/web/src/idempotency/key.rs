//! What clients call a request.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};

use crate::problem::{IDEMPOTENCY_KEY_CONFLICT, IDEMPOTENCY_KEY_INVALID, Place, Refusal, Wrong};

pub(crate) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// The member of a JSON body that may hold the key instead of the header.
pub(crate) const FIELD: &str = "idempotency_key";

/// A key in a body: 1 to 255 visible ASCII characters. Declare `idempotency_key: Option<IdempotencyKey>` in a body type and
/// it means the same as the header; nothing else is to be done.
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key, if it is 1 to 255 visible ASCII characters.
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        is_valid(&text).then_some(Self(text))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for IdempotencyKey {
    /// Clients put order numbers and addresses into keys: they don't belong in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

impl<'de> serde::Deserialize<'de> for IdempotencyKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(text).ok_or_else(|| serde::de::Error::custom("idempotency_key_invalid"))
    }
}

impl schemars::JsonSchema for IdempotencyKey {
    fn schema_name() -> Cow<'static, str> {
        "IdempotencyKey".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$",
            "description": "Makes a retry safe: the same key and body are done once and answered alike for 72 hours.",
        })
    }
}

fn is_valid(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The request's key: from the header, from the body, or from both if they agree.
pub(crate) fn of<'a>(headers: &'a HeaderMap, field: Option<Cow<'a, str>>) -> Result<Option<Cow<'a, str>>, Refusal> {
    let header = match (headers.get_all(HEADER).iter().collect::<Vec<_>>()).as_slice() {
        [] => None,
        [one] => Some(one.to_str().ok().filter(|text| is_valid(text)).ok_or_else(invalid)?),
        _ => return Err(invalid()),
    };
    match (header, field) {
        (Some(header), Some(field)) if header != field => {
            Err(Refusal::of(&IDEMPOTENCY_KEY_CONFLICT).at("/idempotency_key", "field_conflict"))
        }
        (Some(header), _) => Ok(Some(header.into())),
        (None, Some(field)) if !is_valid(&field) => {
            Err(Refusal::of(&IDEMPOTENCY_KEY_INVALID).at("/idempotency_key", "field_invalid"))
        }
        (None, field) => Ok(field),
    }
}

fn invalid() -> Refusal {
    Refusal::of(&IDEMPOTENCY_KEY_INVALID)
        .wrong(Wrong { place: Place::Header("Idempotency-Key"), code: "field_invalid".into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(key: &str) -> HeaderMap {
        HeaderMap::from_iter([(HEADER, HeaderValue::from_str(key).unwrap())])
    }

    #[test]
    fn header_and_field_must_agree() {
        let map = headers("a-1");
        assert_eq!(of(&map, Some("a-1".into())).unwrap().as_deref(), Some("a-1"));
        assert_eq!(of(&map, Some("a-2".into())).unwrap_err().code(), &IDEMPOTENCY_KEY_CONFLICT);
        assert_eq!(of(&HeaderMap::new(), Some("f".into())).unwrap().as_deref(), Some("f"));
        assert_eq!(of(&HeaderMap::new(), None).unwrap(), None);
    }

    #[test]
    fn a_key_is_visible_ascii_of_sensible_length() {
        let long = "x".repeat(256);
        for bad in ["", "a b", long.as_str()] {
            assert_eq!(of(&headers(bad), None).unwrap_err().code(), &IDEMPOTENCY_KEY_INVALID);
            assert!(IdempotencyKey::parse(bad).is_none());
        }
        assert!(of(&HeaderMap::new(), Some("é".into())).is_err());
        assert!(IdempotencyKey::parse("x".repeat(255)).is_some());
    }
}
