//! Signed tree heads: C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint) in signed notes (c2sp.org/signed-note).
//!
//! ```text
//! sealpost.example/ledger/7f3c            origin: which log
//! 1042                                    size: how many leaves
//! jFyb…=                                  root
//!                                         (extension lines, then one empty line)
//! — sealpost.example J6Qk…                name, base64(key id ‖ Ed25519 signature over everything above the empty line)
//! ```

mod key;
mod note;

pub use key::VerifierKey;

/// Signs a text that is no checkpoint, as a signed note of the same form and under the same key. Its lines must not read as a
/// checkpoint's: whoever signs a text says in its first line what it is.
///
/// # Errors
/// [`CheckpointError::Malformed`] if the text has no line, an empty one, or ends without a newline.
pub fn sign_text(text: &str, key: &VerifierKey, signer: &dyn Fn(&[u8]) -> [u8; 64]) -> Result<String, CheckpointError> {
    let is_text = text.len() > 1 && text.ends_with('\n') && !text.contains("\n\n") && !text.contains('\r');
    if !is_text || note::parse_body(text).is_ok() {
        return Err(CheckpointError::Malformed);
    }
    Ok(note::signed(text, key, &signer(text.as_bytes())))
}

/// The text of a signed note that `key` signed.
///
/// # Errors
/// [`CheckpointError`]: the note is not exactly in form, or not signed by `key`.
pub fn open_text<'a>(note: &'a str, key: &VerifierKey) -> Result<&'a str, CheckpointError> {
    note::open(note, key)
}

use crate::hash::Hash;

/// A log's head at a moment: these many leaves, with this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

impl Checkpoint {
    /// A head to be signed, without extension lines.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`] if the origin is empty or has a control character.
    pub fn new(origin: impl Into<String>, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        Self::with_extensions(origin, size, root, Vec::new())
    }

    /// A head with extension lines, which are signed along and otherwise mean what signer and reader agree on.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`] if the origin or an extension is empty or has a control character.
    pub fn with_extensions(
        origin: impl Into<String>,
        size: u64,
        root: Hash,
        extensions: Vec<String>,
    ) -> Result<Self, CheckpointError> {
        let origin = origin.into();
        if note::is_line(&origin) && extensions.iter().all(|line| note::is_line(line)) {
            Ok(Self { origin, size, root, extensions })
        } else {
            Err(CheckpointError::Malformed)
        }
    }

    /// Which log this is the head of.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many leaves the log had.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over them.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// Extension lines.
    #[must_use]
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// The signed note. `signer` makes the Ed25519 signature (RFC 8032) of what it is given, with the key whose
    /// public half is `key`.
    #[must_use]
    pub fn sign(&self, key: &VerifierKey, signer: &dyn Fn(&[u8]) -> [u8; 64]) -> String {
        let body = note::body(self);
        let signature = signer(body.as_bytes());
        note::signed(&body, key, &signature)
    }

    /// Reads a signed note that carries `key`'s signature. Signatures by other keys (of witnesses) may stand beside
    /// it and are not looked at.
    ///
    /// # Errors
    /// [`CheckpointError`]: the note is not exactly in form, or not signed by `key`.
    pub fn parse_and_verify(text: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        note::open(text, key).and_then(note::parse_body)
    }
}

/// Why a text is no checkpoint one may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed note with an origin, a size and a root, each in its one form.
    #[error("not a checkpoint in signed-note form")]
    Malformed,
    /// No signature line is by the key asked for.
    #[error("the checkpoint is not signed by the key you trust")]
    OtherKey,
    /// There is a line by that key, and the signature doesn't match the text.
    #[error("the checkpoint's signature does not match its text")]
    BadSignature,
}
