//! What a profile is made of.

use super::secret::KeyEncoding;
use serde::{Deserialize, Serialize};

/// How a request is signed, as data. The known ones stand in
/// [`profiles`](super::profiles); an endpoint may also bring its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile<'a> {
    /// The name in settings.
    pub name: &'a str,
    /// The header that carries the signature, in its canonical spelling.
    pub header: &'a str,
    /// The bytes that are signed.
    pub signed: &'a [Part<'a>],
    /// What stands in the header before the first signature, with its own separator.
    pub preamble: &'a [Part<'a>],
    /// What stands before each HMAC signature.
    pub prefix: &'a str,
    /// What stands before each Ed25519 signature, where the profile has them.
    pub ed25519_prefix: Option<&'a str>,
    /// What stands between signatures. `None`: the header holds only one, so that
    /// rotating the secret takes a switch instead of an overlap.
    pub separator: Option<char>,
    /// How the bytes of a signature become text.
    pub encoding: Encoding,
    /// Other headers that go along.
    pub companions: &'a [(&'a str, Companion)],
    /// How its receivers make a key of the text they hold: what a secret made for it is read as.
    /// One that is brought along says for itself.
    pub key: KeyEncoding,
}

/// How the bytes of a signature become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Lower-case hexadecimal.
    Hex,
    /// Base64 with padding (RFC 4648 §4).
    Base64,
}

/// What a companion header carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Companion {
    /// The id of the delivery.
    Id,
    /// The time of the attempt, Unix seconds.
    Timestamp,
    /// The name of the event.
    Event,
}

/// A piece of signed bytes or of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// The id of the delivery.
    Id,
    /// The time of the attempt, Unix seconds.
    Timestamp,
    /// The name of the event.
    Event,
    /// The body, byte for byte.
    Body,
    /// Literal text.
    Text(&'a str),
}

/// A template with an unknown name or a stray brace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("template may hold {{id}}, {{timestamp}}, {{event}}, {{body}} and other text without braces")]
pub struct BadTemplate;

impl<'a> Part<'a> {
    /// Reads a template such as `{id}.{timestamp}.{body}` into its parts.
    pub fn parse_all(template: &'a str) -> Result<Vec<Self>, BadTemplate> {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some((literal, tail)) = rest.split_once('{') {
            let (name, after) = tail.split_once('}').ok_or(BadTemplate)?;
            push_literal(&mut parts, literal)?;
            parts.push(match name {
                "id" => Self::Id,
                "timestamp" => Self::Timestamp,
                "event" => Self::Event,
                "body" => Self::Body,
                _ => return Err(BadTemplate),
            });
            rest = after;
        }
        push_literal(&mut parts, rest)?;
        Ok(parts)
    }
}

/// What the parts of a template stand for.
pub(super) struct Values<'a> {
    pub(super) id: &'a str,
    pub(super) timestamp: &'a str,
    pub(super) event: &'a str,
    pub(super) body: &'a [u8],
}

impl<'a> Values<'a> {
    /// What `parts` come to, piece by piece.
    pub(super) fn fill<'v>(&'v self, parts: &'v [Part<'_>]) -> impl Iterator<Item = &'v [u8]> {
        parts.iter().map(|part| match part {
            Part::Id => self.id.as_bytes(),
            Part::Timestamp => self.timestamp.as_bytes(),
            Part::Event => self.event.as_bytes(),
            Part::Body => self.body,
            Part::Text(text) => text.as_bytes(),
        })
    }
}

impl Profile<'_> {
    /// Whether a captured request can't be sent again later: the time is signed.
    pub fn is_replay_safe(&self) -> bool {
        self.signed.contains(&Part::Timestamp)
    }

    /// Whether the header holds one signature only.
    pub fn has_one_slot(&self) -> bool {
        self.separator.is_none()
    }

    pub(super) fn companion(&self, wanted: Companion) -> Option<&str> {
        self.companions.iter().find(|(_, companion)| *companion == wanted).map(|(name, _)| *name)
    }
}

fn push_literal<'a>(parts: &mut Vec<Part<'a>>, literal: &'a str) -> Result<(), BadTemplate> {
    if literal.contains('}') {
        return Err(BadTemplate);
    }
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_reads_as_it_is_written() {
        use Part::{Body, Text, Timestamp};
        let parsed = Part::parse_all("v0:{timestamp}:{body}").unwrap();
        assert_eq!(parsed, [Text("v0:"), Timestamp, Text(":"), Body]);
        assert_eq!(Part::parse_all(""), Ok(vec![]));
    }

    #[test]
    fn unknown_names_and_stray_braces_are_refused() {
        for text in ["{", "}", "{}", "{secret}", "{id", "id}", "{id}}", "{{id}}"] {
            assert_eq!(Part::parse_all(text), Err(BadTemplate), "{text}");
        }
    }
}
