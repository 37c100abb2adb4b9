//! By what a payload is encrypted.

/// A way to encrypt, with everything fixed that receivers have to agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// JWE in compact form, `dir` and `A256GCM`, under a key that HKDF makes of the shared one for each message.
    JweHkdf,
    /// JWE in compact form, `dir` and `A256GCM`, under the shared key itself: what stock libraries open. A key is good for 2³² messages
    /// (NIST SP 800-38D §8.3).
    JweDir,
    /// JWE in compact form, `ECDH-ES+A256KW` and `A256GCM`, to the receiver's public key (X25519 or P-256).
    JweEcdhEs,
    /// AES-256-GCM in a JSON envelope. A key is good for 2³² messages.
    Aes256Gcm,
    /// AES-256-CBC with HMAC-SHA-512 (`A256CBC-HS512`, RFC 7518 §5.2.5) in a JSON envelope.
    Aes256CbcHmac,
    /// AES-256-CBC alone: hides, and protects from no change. For receivers that know nothing else.
    LegacyAes256Cbc,
}

impl Method {
    /// All of them, what we would choose first.
    pub const ALL: [Self; 6] =
        [Self::JweHkdf, Self::JweEcdhEs, Self::JweDir, Self::Aes256Gcm, Self::Aes256CbcHmac, Self::LegacyAes256Cbc];

    /// Its name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JweHkdf => "jwe-hkdf",
            Self::JweDir => "jwe-dir",
            Self::JweEcdhEs => "jwe-ecdh-es",
            Self::Aes256Gcm => "aes-256-gcm",
            Self::Aes256CbcHmac => "aes-256-cbc-hmac",
            Self::LegacyAes256Cbc => "legacy-aes-256-cbc",
        }
    }

    /// The method of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// How many bytes a shared key has; nothing where the receiver's public key is used.
    pub const fn key_len(self) -> Option<usize> {
        match self {
            Self::JweHkdf | Self::JweDir | Self::Aes256Gcm | Self::LegacyAes256Cbc => Some(32),
            Self::Aes256CbcHmac => Some(64),
            Self::JweEcdhEs => None,
        }
    }

    /// Whether what it makes can be changed on the way without anybody noticing.
    pub const fn is_legacy(self) -> bool {
        matches!(self, Self::LegacyAes256Cbc)
    }

    /// The media type of a ciphertext that stands alone.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::JweHkdf | Self::JweDir | Self::JweEcdhEs => "application/jose",
            Self::Aes256Gcm | Self::Aes256CbcHmac => "application/json",
            Self::LegacyAes256Cbc => "text/plain",
        }
    }
}
