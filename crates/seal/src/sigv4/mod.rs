//! Signature Version 4: how AWS, and what speaks like it, wants a request signed
//! ("Create a signed AWS API request", AWS IAM User Guide).
//!
//! The path and the query come as the canonical request has them: encoded, the
//! query's parameters sorted. Whoever calls one address needs no more.

#[cfg(test)]
mod tests;

use crate::hex;
use crate::key::{hmac_sha256, sha256};
use crate::sensitive::SecretText;
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Who signs.
pub struct Credentials {
    /// The name of the key: no secret.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: SecretText,
    /// What comes with a key that ends.
    pub session_token: Option<SecretText>,
}

/// What the signature is good for: a day, a region, a service.
pub struct Scope<'a> {
    /// When: `20150830T123600Z`, as in the header `x-amz-date`.
    pub at: &'a str,
    /// Where, such as `eu-central-1`.
    pub region: &'a str,
    /// For whom, such as `kms`.
    pub service: &'a str,
}

/// What is signed.
pub struct Request<'a> {
    /// Its method, in capitals.
    pub method: &'a str,
    /// The path, encoded.
    pub path: &'a str,
    /// The query, encoded and sorted; empty if there is none.
    pub query: &'a str,
    /// The headers that are signed, `host` and `x-amz-date` among them.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

/// The value of the header `authorization`.
pub fn authorization(credentials: &Credentials, scope: &Scope<'_>, request: &Request<'_>) -> String {
    let day = scope.at.get(..8).unwrap_or(scope.at);
    let within = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let (headers, names) = canonical_headers(request.headers);
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{names}\n{}",
        request.method,
        request.path,
        request.query,
        hashed(request.body)
    );
    let to_sign = format!("{ALGORITHM}\n{}\n{within}\n{}", scope.at, hashed(canonical.as_bytes()));
    let key = signing_key(&credentials.secret_access_key, [day, scope.region, scope.service]);
    let signature = hexadecimal(&hmac_sha256(&key, &[to_sign.as_bytes()]));
    let id = &credentials.access_key_id;
    format!("{ALGORITHM} Credential={id}/{within}, SignedHeaders={names}, Signature={signature}")
}

/// Each header in a line, sorted by name, and the names alone.
fn canonical_headers(headers: &[(&str, &str)]) -> (String, String) {
    let words = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut all: Vec<_> = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), words(value))).collect();
    all.sort();
    let lines = all.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    (lines, names.join(";"))
}

/// The key of this day, region and service: so what is handed around signs nothing else.
fn signing_key(secret: &SecretText, parts: [&str; 3]) -> hmac::Key {
    let mut first = Zeroizing::new(Vec::with_capacity(4 + secret.expose().len()));
    first.extend_from_slice(b"AWS4");
    first.extend_from_slice(secret.expose().as_bytes());
    parts.into_iter().chain(["aws4_request"]).fold(hmac::Key::new(hmac::HMAC_SHA256, &first), |key, part| {
        hmac::Key::new(hmac::HMAC_SHA256, &Zeroizing::new(hmac_sha256(&key, &[part.as_bytes()]))[..])
    })
}

fn hashed(bytes: &[u8]) -> String {
    hexadecimal(&sha256(&[bytes]))
}

fn hexadecimal(bytes: &[u8; 32]) -> String {
    let mut text = String::with_capacity(64);
    hex::push(&mut text, bytes);
    text
}
