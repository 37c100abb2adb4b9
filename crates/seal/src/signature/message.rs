//! HTTP Message Signatures (RFC 9421) with Ed25519, over method, target, digest and type.
//!
//! What a receiver checks is the request as it came, not a template: the URL that was
//! called is signed, so a delivery to one endpoint can't be played to another, and the
//! signature says itself until when it holds.

use super::fields;
use super::key::WebhookKey;
use super::sign::NotSignable;
use crate::key::sha256;

/// Its name in settings.
pub const MESSAGE_SIGNATURES: &str = "rfc9421";
/// The dictionary key of our signature (RFC 9421 §4.1).
const LABEL: &str = "sealpost";
/// What the signature is for: another application's can't be taken for one (§2.3).
const TAG: &str = "sealpost-webhook";
/// As long as receivers of the other profiles tolerate.
const HOLDS_SECONDS: i64 = 300;

/// A request as far as it is signed.
pub struct SignedRequest<'a> {
    /// Its method.
    pub method: &'a str,
    /// Where it goes, absolute (RFC 9421 §2.2.2).
    pub target_uri: &'a str,
    /// Its `Content-Type`.
    pub content_type: &'a str,
    /// Its body as it goes over the wire.
    pub body: &'a [u8],
}

/// What signing came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedMessage {
    /// The exact bytes that were signed (§2.5).
    pub base: String,
    /// `Content-Digest` (RFC 9530 §2), `Signature-Input` and `Signature`.
    pub headers: [(&'static str, String); 3],
}

/// Signs `request` at `created_unix`. `nonce` is to be another one for each attempt.
pub fn sign_message(
    key: &WebhookKey,
    request: &SignedRequest<'_>,
    created_unix: i64,
    nonce: &str,
) -> Result<SignedMessage, NotSignable> {
    let fits = |text: &str| !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
    if ![request.method, request.target_uri, request.content_type].into_iter().all(fits) {
        return Err(NotSignable::Target);
    }
    let digest = format!("sha-256={}", fields::bytes(&sha256(&[request.body])));
    let covered = [
        ("@method", request.method),
        ("@target-uri", request.target_uri),
        ("content-digest", &digest),
        ("content-type", request.content_type),
    ];
    let text = |value: &str| fields::string(value).ok_or(NotSignable::Target);
    let params = format!(
        ";created={created_unix};expires={};nonce={};keyid={};alg=\"ed25519\";tag={}",
        created_unix.saturating_add(HOLDS_SECONDS),
        text(nonce)?,
        text(&key.public().thumbprint())?,
        text(TAG)?,
    );
    let (base, input) = signature_base(&covered, &params).ok_or(NotSignable::Target)?;
    let signature = fields::bytes(&key.sign(base.as_bytes()));
    let headers = [
        ("Content-Digest", digest),
        ("Signature-Input", format!("{LABEL}={input}")),
        ("Signature", format!("{LABEL}={signature}")),
    ];
    Ok(SignedMessage { base, headers })
}

/// The signature base (§2.5) over these components, and the list with its parameters
/// (§2.3) that goes into `Signature-Input`.
fn signature_base(covered: &[(&str, &str)], params: &str) -> Option<(String, String)> {
    let names: Vec<&str> = covered.iter().map(|(name, _)| *name).collect();
    let input = format!("{}{params}", fields::list(&names)?);
    let mut base = String::new();
    for (name, value) in covered {
        base.push_str(&format!("{}: {value}\n", fields::string(name)?));
    }
    base.push_str(&format!("\"@signature-params\": {input}"));
    Some((base, input))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::{Ed25519Key, verify_ed25519};
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    const BODY: &[u8] = br#"{"hello": "world"}"#;
    const REQUEST: SignedRequest<'static> = SignedRequest {
        method: "POST",
        target_uri: "https://example.com/foo?param=Value&Pet=dog",
        content_type: "application/json",
        body: BODY,
    };

    /// `test-key-ed25519` of RFC 9421, appendix B.1.4.
    fn rfc_key() -> Ed25519Key {
        let seed = URL_SAFE_NO_PAD.decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU").unwrap();
        Ed25519Key::from_seed(&seed.try_into().unwrap())
    }

    #[test]
    fn appendix_b_2_6_comes_out() {
        let covered = [
            ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
            ("@method", "POST"),
            ("@path", "/foo"),
            ("@authority", "example.com"),
            ("content-type", "application/json"),
            ("content-length", "18"),
        ];
        let (base, input) = signature_base(&covered, ";created=1618884473;keyid=\"test-key-ed25519\"").unwrap();
        assert_eq!(
            input,
            "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
             ;created=1618884473;keyid=\"test-key-ed25519\""
        );
        assert_eq!(
            fields::bytes(&rfc_key().sign(base.as_bytes())),
            ":wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
        );
    }

    #[test]
    fn what_is_signed_is_what_the_headers_say() {
        let key = WebhookKey::generate(&crate::rng::SystemRng);
        let SignedMessage { base, headers } = sign_message(&key, &REQUEST, 1_768_469_400, "n-1").unwrap();
        let [(_, digest), (_, input), (_, signature)] = &headers;
        let params = input.strip_prefix("sealpost=").unwrap();
        let thumbprint = key.public().thumbprint();
        assert_eq!(
            params,
            format!(
                "(\"@method\" \"@target-uri\" \"content-digest\" \"content-type\");created=1768469400;expires=1768469700;\
                 nonce=\"n-1\";keyid=\"{thumbprint}\";alg=\"ed25519\";tag=\"sealpost-webhook\""
            )
        );
        assert_eq!(digest, &format!("sha-256=:{}:", STANDARD.encode(sha256(&[BODY]))));
        let expected = format!(
            "\"@method\": POST\n\"@target-uri\": {}\n\"content-digest\": {digest}\n\"content-type\": application/json\n\
             \"@signature-params\": {params}",
            REQUEST.target_uri
        );
        assert_eq!(base, expected);
        let signature = signature.strip_prefix("sealpost=:").unwrap().strip_suffix(':').unwrap();
        assert!(verify_ed25519(&key.public().0, expected.as_bytes(), &STANDARD.decode(signature).unwrap()));
    }

    #[test]
    fn another_target_time_nonce_or_body_is_another_signature() {
        let key = WebhookKey::generate(&crate::rng::SystemRng);
        let signed = |request: &SignedRequest<'_>, at, nonce| sign_message(&key, request, at, nonce).unwrap().headers;
        let first = signed(&REQUEST, 1, "n");
        assert_eq!(first, signed(&REQUEST, 1, "n"));
        let elsewhere = SignedRequest { target_uri: "https://example.com/bar", ..REQUEST };
        let other_body = SignedRequest { body: b"{}", ..REQUEST };
        for other in [
            signed(&elsewhere, 1, "n"),
            signed(&other_body, 1, "n"),
            signed(&REQUEST, 2, "n"),
            signed(&REQUEST, 1, "m"),
        ] {
            assert_ne!(first[2], other[2]);
        }
    }

    #[test]
    fn what_would_break_a_line_is_not_signed() {
        let key = WebhookKey::generate(&crate::rng::SystemRng);
        for target_uri in ["", "https://example.com/\n\"@method\": GET", "https://exämple.com/"] {
            let request = SignedRequest { target_uri, ..REQUEST };
            assert_eq!(sign_message(&key, &request, 1, "n"), Err(NotSignable::Target));
        }
        assert_eq!(sign_message(&key, &REQUEST, 1, "n\r"), Err(NotSignable::Target));
    }
}
