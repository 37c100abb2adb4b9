//! SHA-256 and the domain separation of RFC 6962 §2.1.

use std::fmt;

use aws_lc_rs::digest::{self, Context, SHA256};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Length of a hash in bytes (SHA-256).
pub const HASH_LEN: usize = 32;

/// RFC 6962 §2.1: the first byte hashed for a leaf, so that no leaf can pass for a node.
const LEAF_PREFIX: u8 = 0x00;
/// RFC 6962 §2.1: the first byte hashed for an inner node.
const NODE_PREFIX: u8 = 0x01;

/// A SHA-256 value: of a leaf, of a subtree, of sealed content. Public by nature, so comparison needs no care.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; HASH_LEN]);

impl Hash {
    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; HASH_LEN] {
        &self.0
    }

    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        format!("{self:?}")
    }

    /// 44 characters of padded standard base64, as checkpoints write roots.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads what [`Hash::to_base64`] writes and nothing else.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok().and_then(|bytes| Self::from_slice(&bytes))
    }

    /// The hash in exactly 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl From<[u8; HASH_LEN]> for Hash {
    fn from(bytes: [u8; HASH_LEN]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The hash of a leaf: `SHA-256(0x00 ‖ data)` (RFC 6962 §2.1).
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[LEAF_PREFIX]);
    context.update(data);
    from_digest(&context.finish())
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)` (RFC 6962 §2.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut input = [NODE_PREFIX; 1 + 2 * HASH_LEN];
    input[1..=HASH_LEN].copy_from_slice(&left.0);
    input[1 + HASH_LEN..].copy_from_slice(&right.0);
    from_digest(&digest::digest(&SHA256, &input))
}

/// The root of a tree without leaves: `SHA-256("")` (RFC 6962 §2.1).
#[must_use]
pub fn empty_root() -> Hash {
    content_hash(&[])
}

/// What a leaf's `content` names: `SHA-256(sealed content)`, and of nothing where an act has no content.
///
/// Hash what is *sealed*, never what is clear: the hash of a phone number or of a one-time code is a lookup table.
#[must_use]
pub fn content_hash(sealed: &[u8]) -> Hash {
    from_digest(&digest::digest(&SHA256, sealed))
}

fn from_digest(digest: &digest::Digest) -> Hash {
    let mut hash = [0; HASH_LEN];
    hash.copy_from_slice(digest.as_ref());
    Hash(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_from_its_base64_and_from_no_other_text() {
        let hash = leaf_hash(b"");
        // RFC 6962's leaf hash of the empty string, as every implementation of it prints.
        assert_eq!(hash.to_hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(Hash::from_base64(&hash.to_base64()), Some(hash));
        assert_eq!(Hash::from_base64("bjQL"), None);
        assert_eq!(Hash::from_base64(&hash.to_base64().replace('=', "")), None);
        assert_eq!(Hash::from_base64(&hash.to_base64().replace("B0=", "B1=")), None, "unused bits must be zero");
    }

    #[test]
    fn the_empty_tree_has_the_hash_of_nothing() {
        assert_eq!(empty_root().to_hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
