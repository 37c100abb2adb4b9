//! How encryption is said.

use sealpost_seal::payload::{KeyForm, Method};

/// A method as people read it.
pub(super) const fn method(method: Method) -> &'static str {
    match method {
        Method::JweHkdf => "JWE, a key for each message (jwe-hkdf)",
        Method::JweEcdhEs => "JWE to the receiver’s public key (jwe-ecdh-es)",
        Method::JweDir => "JWE under the shared key, as stock libraries read it (jwe-dir)",
        Method::Aes256Gcm => "AES-256-GCM in a JSON envelope (aes-256-gcm)",
        Method::Aes256CbcHmac => "AES-256-CBC with HMAC-SHA-512 in a JSON envelope (aes-256-cbc-hmac)",
        Method::LegacyAes256Cbc => "AES-256-CBC alone, for old receivers (legacy-aes-256-cbc)",
    }
}

/// How a secret's text becomes a key.
pub(super) const fn form(form: KeyForm) -> &'static str {
    match form {
        KeyForm::Hex => "Hexadecimal",
        KeyForm::Base64 => "Base64",
        KeyForm::Base64url => "Base64url, as generated secrets are",
        KeyForm::Text => "The text itself",
    }
}
