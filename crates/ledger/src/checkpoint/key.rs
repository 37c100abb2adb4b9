//! Verifier keys in signed-note form: `name+hex key id+base64(0x01 ‖ public key)`.

use std::{fmt, str::FromStr};

use aws_lc_rs::{
    digest::{self, SHA256},
    signature::{ED25519, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::CheckpointError;

/// c2sp.org/signed-note: the signature type of Ed25519.
const ED25519_TYPE: u8 = 0x01;
/// Length of an Ed25519 public key (RFC 8032 §5.1.5).
const PUBLIC_LEN: usize = 32;
/// c2sp.org/signed-note: the first bytes of a hash over name, type and key.
pub(super) const KEY_ID_LEN: usize = 4;

/// The public half of a signing key, with the name it signs under. This is what a verifier has to trust, and has to
/// get by another way than the export it checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    public: [u8; PUBLIC_LEN],
}

impl VerifierKey {
    /// A key under a name.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`] if the name is empty or has a space, a control character or a `+`.
    pub fn new(name: impl Into<String>, public: [u8; PUBLIC_LEN]) -> Result<Self, CheckpointError> {
        let name = name.into();
        if is_name(&name) { Ok(Self { name, public }) } else { Err(CheckpointError::Malformed) }
    }

    /// The name, by convention a URL without scheme.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The Ed25519 public key.
    #[must_use]
    pub const fn public(&self) -> &[u8; PUBLIC_LEN] {
        &self.public
    }

    /// `SHA-256(name ‖ "\n" ‖ 0x01 ‖ public key)[..4]`: tells keys of one name apart, and proves nothing.
    #[must_use]
    pub fn key_id(&self) -> [u8; KEY_ID_LEN] {
        let mut input = Vec::with_capacity(self.name.len() + 2 + PUBLIC_LEN);
        input.extend_from_slice(self.name.as_bytes());
        input.extend_from_slice(&[b'\n', ED25519_TYPE]);
        input.extend_from_slice(&self.public);
        let digest = digest::digest(&SHA256, &input);
        let mut id = [0; KEY_ID_LEN];
        id.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        id
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public).verify(message, signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed = [ED25519_TYPE; 1 + PUBLIC_LEN];
        typed[1..].copy_from_slice(&self.public);
        let id = u32::from_be_bytes(self.key_id());
        write!(f, "{}+{id:08x}+{}", self.name, STANDARD.encode(typed))
    }
}

impl FromStr for VerifierKey {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = parse(text).ok_or(CheckpointError::Malformed)?;
        // The key id must be the key's own, in the one form it is written in.
        if key.to_string() == text { Ok(key) } else { Err(CheckpointError::Malformed) }
    }
}

fn parse(text: &str) -> Option<VerifierKey> {
    // Base64 may contain a `+`, names and ids can't.
    let mut parts = text.splitn(3, '+');
    let name = parts.next()?;
    let _id = parts.next()?;
    let typed = STANDARD.decode(parts.next()?).ok()?;
    let public = typed.strip_prefix(&[ED25519_TYPE])?.try_into().ok()?;
    VerifierKey::new(name, public).ok()
}

/// c2sp.org/signed-note: not empty, no Unicode spaces, no plus; control characters can't be in a note at all.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c == '+' || c.is_whitespace() || c.is_control())
}
