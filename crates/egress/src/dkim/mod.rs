//! DKIM signatures (RFC 6376, RFC 8463), relaxed/relaxed.

mod canonical;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sealpost_seal::key::sha256;
use sealpost_seal::signing::{Ed25519Key, RsaKey};
use thiserror::Error;

/// Header fields that are signed when present. Each is also named once more than it occurs, so that nobody
/// can add another one behind our back (RFC 6376 §8.15).
const SIGNED_HEADERS: [&str; 12] = [
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "auto-submitted",
    "list-unsubscribe",
    "list-unsubscribe-post",
];

/// Characters of base64 per folded line.
const FOLD: usize = 72;

/// The signature algorithms of RFC 6376 §3.3.1 and RFC 8463 §3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DkimAlgorithm {
    /// `rsa-sha256`.
    RsaSha256,
    /// `ed25519-sha256`.
    Ed25519Sha256,
}

/// A private key that signs. The key itself stays where it is kept.
pub trait DkimSigner: Send + Sync {
    /// The algorithm of the key.
    fn algorithm(&self) -> DkimAlgorithm;

    /// Signs `data`: RSASSA-PKCS1-v1_5 with SHA-256 over it, or pure Ed25519 over it (DKIM hands Ed25519 the
    /// SHA-256 digest as data).
    fn sign(&self, data: &[u8]) -> Vec<u8>;
}

impl DkimSigner for Ed25519Key {
    fn algorithm(&self) -> DkimAlgorithm {
        DkimAlgorithm::Ed25519Sha256
    }

    fn sign(&self, data: &[u8]) -> Vec<u8> {
        Self::sign(self, data).to_vec()
    }
}

impl DkimSigner for RsaKey {
    fn algorithm(&self) -> DkimAlgorithm {
        DkimAlgorithm::RsaSha256
    }

    fn sign(&self, data: &[u8]) -> Vec<u8> {
        self.sign_pkcs1_sha256(data)
    }
}

/// Where the public half of a key is published: `<selector>._domainkey.<domain>`.
#[derive(Clone, Debug)]
pub struct DkimPlace {
    domain: String,
    selector: String,
}

/// A key with its place.
#[derive(Clone)]
pub struct DkimKey {
    place: DkimPlace,
    signer: Arc<dyn DkimSigner>,
}

/// Why a key's place is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DkimKeyError {
    /// The domain is not a DNS name in ASCII form.
    #[error("the signing domain is not a DNS name")]
    Domain,
    /// The selector is not a DNS name in ASCII form.
    #[error("the selector is not a DNS name")]
    Selector,
}

impl DkimAlgorithm {
    /// The value of the `a=` tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa-sha256",
            Self::Ed25519Sha256 => "ed25519-sha256",
        }
    }
}

impl DkimPlace {
    /// Reads a place, before there is a key for it.
    pub fn parse(domain: &str, selector: &str) -> Result<Self, DkimKeyError> {
        if !is_dns_name(domain) || !domain.contains('.') {
            return Err(DkimKeyError::Domain);
        }
        if !is_dns_name(selector) {
            return Err(DkimKeyError::Selector);
        }
        Ok(Self { domain: domain.to_ascii_lowercase(), selector: selector.to_ascii_lowercase() })
    }
}

impl DkimKey {
    /// Names the place of a key.
    pub fn new(domain: &str, selector: &str, signer: Arc<dyn DkimSigner>) -> Result<Self, DkimKeyError> {
        DkimPlace::parse(domain, selector).map(|place| Self::at(place, signer))
    }

    /// The key at this place.
    pub fn at(place: DkimPlace, signer: Arc<dyn DkimSigner>) -> Self {
        Self { place, signer }
    }

    /// The `d=` domain.
    pub fn domain(&self) -> &str {
        &self.place.domain
    }

    /// The header field (with its final CRLF) to put on top of `message`, a complete message with CRLF line
    /// ends. `signed_at` is in Unix seconds.
    pub fn signature_field(&self, message: &[u8], signed_at: u64) -> String {
        let (head, body) = canonical::split(message);
        let names = signed_names(&head);
        let unsigned = self.unsigned_field(&names, body, signed_at);
        let input = canonical::signing_input(&head, &names, &unsigned);
        let signature = sign(self.signer.as_ref(), &input);
        format!("{unsigned}{}\r\n", folded(&BASE64.encode(signature)))
    }

    /// The field up to and including `b=`.
    fn unsigned_field(&self, names: &[&str], body: &[u8], signed_at: u64) -> String {
        format!(
            "DKIM-Signature: v=1; a={}; c=relaxed/relaxed;\r\n d={}; s={};\r\n t={signed_at};\r\n h={};\r\n \
             bh={};\r\n b=",
            self.signer.algorithm().tag(),
            self.place.domain,
            self.place.selector,
            names.join(":\r\n "),
            BASE64.encode(body_hash(body)),
        )
    }
}

impl fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DkimKey")
            .field("domain", &self.place.domain)
            .field("selector", &self.place.selector)
            .finish_non_exhaustive()
    }
}

/// The names for `h=`: each signed header as often as it occurs, and once more.
fn signed_names(head: &[canonical::Field<'_>]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for name in SIGNED_HEADERS {
        let occurs = head.iter().filter(|field| field.is(name)).count();
        names.extend(std::iter::repeat_n(name, occurs + 1));
    }
    names
}

fn body_hash(body: &[u8]) -> [u8; 32] {
    sha256(&[&canonical::relaxed_body(body)])
}

fn sign(signer: &dyn DkimSigner, input: &[u8]) -> Vec<u8> {
    match signer.algorithm() {
        DkimAlgorithm::RsaSha256 => signer.sign(input),
        DkimAlgorithm::Ed25519Sha256 => signer.sign(&sha256(&[input])),
    }
}

fn folded(base64: &str) -> String {
    let mut lines = String::with_capacity(base64.len() + base64.len() / FOLD * 3);
    for (index, character) in base64.chars().enumerate() {
        if index > 0 && index % FOLD == 0 {
            lines.push_str("\r\n ");
        }
        lines.push(character);
    }
    lines
}

/// Letters, digits, hyphens and underscores in labels of 1 to 63.
fn is_dns_name(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
}
