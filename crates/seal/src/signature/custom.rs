//! A profile of an organisation's own, as data: checked when it is described, read once.

use super::profile::{Companion, Encoding, Part, Profile};
use super::secret::KeyEncoding;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Its name in settings.
const NAME: &str = "custom";
const SIGNATURES: &str = "{signatures}";
const MAX_NAME: usize = 64;
const MAX_TEMPLATE: usize = 256;
const MAX_PREFIX: usize = 32;
const MAX_COMPANIONS: usize = 8;
/// What may stand between signatures: none of it occurs in hexadecimal or base64.
const SEPARATORS: [char; 3] = [',', ' ', ';'];

/// Headers that say how the request is to be read or routed, that name somebody, or that
/// another profile writes.
const RESERVED: [&str; 27] = [
    "accept",
    "authorization",
    "connection",
    "content-digest",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "sealpost-attempt",
    "signature",
    "signature-input",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-forwarded-for",
];
const RESERVED_STEMS: [&str; 2] = ["webhook-", "svix-"];

/// How a receiver of one's own is signed for, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomSpec {
    /// The header that carries the signatures.
    pub header: String,
    /// What stands in it: a template that ends in `{signatures}`.
    #[serde(default = "only_signatures")]
    pub value: String,
    /// The bytes that are signed: a template with `{body}`.
    pub signed: String,
    /// How a signature's bytes become text.
    pub encoding: Encoding,
    /// What stands before each signature.
    #[serde(default)]
    pub prefix: String,
    /// What stands between signatures: `,`, `;` or a space. Without it there is room for one.
    #[serde(default)]
    pub separator: Option<char>,
    /// Other headers: `{id}`, `{timestamp}` or `{event}` by their names.
    #[serde(default)]
    pub companions: BTreeMap<String, String>,
}

fn only_signatures() -> String {
    SIGNATURES.into()
}

/// What of a description can't be. Never carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("custom signature profile: {place}: {code}")]
pub struct BadCustom {
    /// Which member: `header`, `signed`, ….
    pub place: &'static str,
    /// Why, as a code.
    pub code: &'static str,
}

/// A profile of one's own, ready to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custom {
    spec: CustomSpec,
    signed: Vec<Piece>,
    preamble: Vec<Piece>,
    companions: Vec<(String, Companion)>,
}

/// A [`Part`] that owns its text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Id,
    Timestamp,
    Event,
    Body,
    Text(String),
}

impl Custom {
    /// Checks and reads a description.
    pub fn compile(spec: CustomSpec) -> Result<Self, BadCustom> {
        header_name("header", &spec.header)?;
        let signed = template("signed", &spec.signed)?;
        if signed.iter().filter(|piece| **piece == Piece::Body).count() != 1 {
            return Err(BadCustom { place: "signed", code: "body_not_signed_once" });
        }
        let (before, after) =
            spec.value.split_once(SIGNATURES).ok_or(BadCustom { place: "value", code: "signatures_missing" })?;
        if !after.is_empty() {
            return Err(BadCustom { place: "value", code: "signatures_not_last" });
        }
        let preamble = template("value", before)?;
        if preamble.contains(&Piece::Body) || before.starts_with(' ') || !is_line(before, MAX_TEMPLATE) {
            return Err(BadCustom { place: "value", code: "template_invalid" });
        }
        if !is_line(&spec.prefix, MAX_PREFIX) || (before.is_empty() && spec.prefix.starts_with(' ')) {
            return Err(BadCustom { place: "prefix", code: "text_unsuitable" });
        }
        if spec.separator.is_some_and(|separator| !SEPARATORS.contains(&separator) || spec.prefix.contains(separator)) {
            return Err(BadCustom { place: "separator", code: "separator_invalid" });
        }
        let companions = companions(&spec)?;
        let goes_along =
            |piece: &Piece, companion| preamble.contains(piece) || companions.iter().any(|(_, one)| *one == companion);
        for (piece, companion) in
            [(Piece::Id, Companion::Id), (Piece::Timestamp, Companion::Timestamp), (Piece::Event, Companion::Event)]
        {
            // What a receiver isn't told it can't check.
            if signed.contains(&piece) && !goes_along(&piece, companion) {
                return Err(BadCustom { place: "signed", code: "part_not_sent" });
            }
        }
        Ok(Self { spec, signed, preamble, companions })
    }

    /// As it was described.
    pub fn spec(&self) -> &CustomSpec {
        &self.spec
    }

    /// Whether whoever records a delivery can play it again: its time isn't signed.
    pub fn replayable(&self) -> bool {
        !self.signed.contains(&Piece::Timestamp)
    }

    /// Does something with the profile it is.
    pub fn with<T>(&self, act: impl FnOnce(&Profile<'_>) -> T) -> T {
        let signed: Vec<Part<'_>> = self.signed.iter().map(Piece::part).collect();
        let preamble: Vec<Part<'_>> = self.preamble.iter().map(Piece::part).collect();
        let companions: Vec<(&str, Companion)> = self.companions.iter().map(|(name, one)| (&**name, *one)).collect();
        act(&Profile {
            name: NAME,
            header: &self.spec.header,
            signed: &signed,
            preamble: &preamble,
            prefix: &self.spec.prefix,
            ed25519_prefix: None,
            separator: self.spec.separator,
            encoding: self.spec.encoding,
            companions: &companions,
            key: KeyEncoding::Text,
        })
    }
}

impl Piece {
    fn of(part: &Part<'_>) -> Self {
        match part {
            Part::Id => Self::Id,
            Part::Timestamp => Self::Timestamp,
            Part::Event => Self::Event,
            Part::Body => Self::Body,
            Part::Text(text) => Self::Text((*text).to_owned()),
        }
    }

    fn part(&self) -> Part<'_> {
        match self {
            Self::Id => Part::Id,
            Self::Timestamp => Part::Timestamp,
            Self::Event => Part::Event,
            Self::Body => Part::Body,
            Self::Text(text) => Part::Text(text),
        }
    }
}

fn template(place: &'static str, text: &str) -> Result<Vec<Piece>, BadCustom> {
    let bad = BadCustom { place, code: "template_invalid" };
    if text.len() > MAX_TEMPLATE {
        return Err(bad);
    }
    Ok(Part::parse_all(text).map_err(|_| bad)?.iter().map(Piece::of).collect())
}

fn companions(spec: &CustomSpec) -> Result<Vec<(String, Companion)>, BadCustom> {
    let bad = |code| BadCustom { place: "companions", code };
    if spec.companions.len() > MAX_COMPANIONS {
        return Err(bad("too_many"));
    }
    let mut all: Vec<(String, Companion)> = Vec::new();
    for (name, value) in &spec.companions {
        header_name("companions", name)?;
        let taken = |known: &str| known.eq_ignore_ascii_case(name);
        if taken(&spec.header) || all.iter().any(|(known, _)| taken(known)) {
            return Err(bad("header_repeated"));
        }
        let companion = match &**value {
            "{id}" => Companion::Id,
            "{timestamp}" => Companion::Timestamp,
            "{event}" => Companion::Event,
            _ => return Err(bad("template_invalid")),
        };
        all.push((name.clone(), companion));
    }
    Ok(all)
}

/// A token (RFC 9110 §5.6.2) that isn't anybody else's.
fn header_name(place: &'static str, name: &str) -> Result<(), BadCustom> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !(1..=MAX_NAME).contains(&name.len()) || !name.bytes().all(is_token) {
        return Err(BadCustom { place, code: "header_invalid" });
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&&*lower) || RESERVED_STEMS.iter().any(|stem| lower.starts_with(stem)) {
        return Err(BadCustom { place, code: "header_reserved" });
    }
    Ok(())
}

fn is_line(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

#[cfg(test)]
mod tests {
    use super::super::{Outgoing, SigningKey, SigningSecret, sign};
    use super::*;
    use crate::rng::SystemRng;
    use proptest::prelude::*;

    fn spec() -> CustomSpec {
        CustomSpec {
            header: "X-Acme-Signature".into(),
            value: "t={timestamp},{signatures}".into(),
            signed: "v0:{timestamp}:{body}".into(),
            encoding: Encoding::Hex,
            prefix: "v0=".into(),
            separator: Some(';'),
            companions: BTreeMap::from([("X-Acme-Event".into(), "{event}".into())]),
        }
    }

    fn why(change: impl FnOnce(&mut CustomSpec)) -> Option<(&'static str, &'static str)> {
        let mut spec = spec();
        change(&mut spec);
        Custom::compile(spec).err().map(|bad| (bad.place, bad.code))
    }

    #[test]
    fn what_is_described_is_what_is_sent() {
        let custom = Custom::compile(spec()).unwrap();
        let secrets = [SigningSecret::generate_text("", &SystemRng), SigningSecret::generate_text("", &SystemRng)];
        let keys: Vec<_> = secrets.iter().map(SigningKey::Secret).collect();
        let outgoing = Outgoing::new("evt_1", 1_768_469_400, "message.delivered", b"{}").unwrap();
        let headers = custom.with(|profile| sign(profile, &keys, &outgoing)).unwrap();
        assert_eq!(headers[0], ("X-Acme-Event".to_owned(), "message.delivered".to_owned()));
        let mac = |secret: &SigningSecret| {
            let mac = crate::key::hmac_sha256(secret.hmac(), &[b"v0:1768469400:{}"]);
            Encoding::Hex.text(&mac)
        };
        let expected = format!("t=1768469400,v0={};v0={}", mac(&secrets[0]), mac(&secrets[1]));
        assert_eq!(headers[1], ("X-Acme-Signature".to_owned(), expected));
        assert!(!custom.replayable());
    }

    #[test]
    fn what_can_not_be_checked_or_sent_is_refused() {
        assert_eq!(why(|_| ()), None);
        assert_eq!(why(|s| s.signed = "{timestamp}".into()), Some(("signed", "body_not_signed_once")));
        assert_eq!(why(|s| s.signed = "{body}{body}".into()), Some(("signed", "body_not_signed_once")));
        assert_eq!(why(|s| s.signed = "{id}{body}".into()), Some(("signed", "part_not_sent")));
        assert_eq!(why(|s| s.signed = "{secret}{body}".into()), Some(("signed", "template_invalid")));
        assert_eq!(why(|s| s.value = "t={timestamp}".into()), Some(("value", "signatures_missing")));
        assert_eq!(why(|s| s.value = "{signatures};".into()), Some(("value", "signatures_not_last")));
        assert_eq!(why(|s| s.value = "{body}{signatures}".into()), Some(("value", "template_invalid")));
        assert_eq!(why(|s| s.value = "a\r\nb: {signatures}".into()), Some(("value", "template_invalid")));
        assert_eq!(why(|s| s.prefix = "é".into()), Some(("prefix", "text_unsuitable")));
        assert_eq!(why(|s| s.separator = Some('=')), Some(("separator", "separator_invalid")));
        assert_eq!(why(|s| s.prefix = "v;".into()), Some(("separator", "separator_invalid")));
        for header in ["", "a b", "X-é", "Host", "content-LENGTH", "Webhook-Signature", "Authorization"] {
            assert!(why(|s| s.header = header.into()).is_some_and(|(place, _)| place == "header"), "{header}");
        }
        let companion = |name: &str, value: &str| {
            let pair = (name.to_owned(), value.to_owned());
            why(|s| s.companions = BTreeMap::from([pair]))
        };
        assert_eq!(companion("x-acme-signature", "{id}"), Some(("companions", "header_repeated")));
        assert_eq!(companion("Cookie", "{id}"), Some(("companions", "header_reserved")));
        assert_eq!(companion("X-A", "{body}"), Some(("companions", "template_invalid")));
    }

    #[test]
    fn a_time_that_is_not_signed_protects_nobody() {
        let custom = |signed: &str| Custom::compile(CustomSpec { signed: signed.into(), ..spec() }).unwrap();
        assert!(custom("{body}").replayable() && custom("{event}:{body}").replayable());
        assert!(!custom("{timestamp}{body}").replayable());
    }

    #[test]
    fn a_description_survives_the_database() {
        let text = serde_json::to_string(&spec()).unwrap();
        assert_eq!(serde_json::from_str::<CustomSpec>(&text).unwrap(), spec());
        let short: CustomSpec =
            serde_json::from_str(r#"{"header":"X-Sig","signed":"{body}","encoding":"base64"}"#).unwrap();
        assert!(Custom::compile(short).unwrap().with(|profile| profile.has_one_slot()));
    }

    proptest! {
        #[test]
        fn whatever_is_described_is_refused_or_fits_a_header(
            header in "\\PC{0,12}", value in "\\PC{0,8}(\\{signatures\\})?", signed in "\\PC{0,8}(\\{body\\})?", prefix in "\\PC{0,8}",
            separator in proptest::option::of(any::<char>()),
        ) {
            let spec = CustomSpec { header, value, signed, encoding: Encoding::Base64, prefix, separator, companions: BTreeMap::new() };
            if let Ok(custom) = Custom::compile(spec) {
                let secret = SigningSecret::generate_text("", &SystemRng);
                let outgoing = Outgoing::new("evt_1", 1, "a.b", b"{}").unwrap();
                let headers = custom.with(|profile| sign(profile, &[SigningKey::Secret(&secret)], &outgoing)).unwrap();
                for (name, value) in headers {
                    prop_assert!(!name.is_empty() && is_line(&value, 1024) && value == value.trim());
                }
            }
        }
    }
}
