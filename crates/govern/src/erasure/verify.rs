//! Checking a certificate offline: no database, no network, only the key one trusts.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealpost_ledger::{
    Checkpoint, CheckpointError, Environment as Where, Hash, Leaf, LeafResult, VerifierKey, checkpoint, leaf_hash,
    verify_inclusion,
};
use sealpost_store::ContactId;

use super::certificate::{Certificate, Proof, TITLE};

/// The most a certificate can have: its proof is a hash for each doubling of the ledger.
const MOST_BYTES: u64 = 1 << 20;

/// Why a text is no certificate one may rely on.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// It is not signed by the key one trusts, or not exactly in form.
    #[error(transparent)]
    Note(#[from] CheckpointError),
    /// It is signed, and says something else than a certificate does.
    #[error("not a certificate of erasure")]
    NotOne,
    /// The ledger's proof in it doesn't hold, or proves something else.
    #[error("the ledger does not prove what the certificate says")]
    Unproven,
    /// The file could not be read.
    #[error("the file could not be read: {0}")]
    Io(#[from] std::io::Error),
}

/// A certificate that holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    /// What it says.
    pub certificate: Certificate,
    /// How many leaves the checkpoint covers under which its leaf is proven; nothing if it came before one.
    pub checkpoint: Option<u64>,
}

/// Checks a certificate in a file.
///
/// # Errors
/// [`CertificateError`]: it proves nothing.
pub fn verify_file(file: &Path, key: &VerifierKey) -> Result<Verified, CertificateError> {
    if std::fs::metadata(file)?.len() > MOST_BYTES {
        return Err(CertificateError::NotOne);
    }
    let bytes = std::fs::read(file)?;
    verify(std::str::from_utf8(&bytes).map_err(|_| CertificateError::NotOne)?, key)
}

/// Checks a certificate against the key one trusts.
///
/// # Errors
/// [`CertificateError`]: it proves nothing.
pub fn verify(note: &str, key: &VerifierKey) -> Result<Verified, CertificateError> {
    let text = checkpoint::open_text(note, key)?;
    let json = text.strip_prefix(TITLE).and_then(|rest| rest.strip_prefix('\n')).ok_or(CertificateError::NotOne)?;
    let certificate: Certificate = serde_json::from_str(json).map_err(|_| CertificateError::NotOne)?;
    if certificate.text()? != text {
        return Err(CertificateError::NotOne);
    }
    let checkpoint = match &certificate.proof {
        Some(proof) => Some(prove(&certificate, proof, key).ok_or(CertificateError::Unproven)?),
        None => None,
    };
    Ok(Verified { certificate, checkpoint })
}

/// How many leaves the checkpoint covers, if the proof holds and proves this erasure.
fn prove(certificate: &Certificate, proof: &Proof, key: &VerifierKey) -> Option<u64> {
    let mut note = proof.checkpoint.join("\n");
    note.push('\n');
    let checkpoint = Checkpoint::parse_and_verify(&note, key).ok()?;
    let bytes = STANDARD.decode(&proof.leaf).ok()?;
    let siblings: Vec<Hash> = proof.siblings.iter().map(|text| Hash::from_base64(text)).collect::<Option<_>>()?;
    verify_inclusion(&leaf_hash(&bytes), certificate.leaf, checkpoint.size(), &siblings, &checkpoint.root()).ok()?;
    let leaf = Leaf::decode(&bytes).ok()?;
    let of_the_log = checkpoint.origin() == format!("{}/{}", key.name(), certificate.organisation);
    let environment = match leaf.environment {
        Where::Test => "test",
        Where::Live => "live",
        Where::None => return None,
    };
    let target = leaf.target.as_ref()?;
    let is_this = leaf.org == certificate.organisation.bytes()
        && leaf.seq == certificate.leaf
        && leaf.action.as_str() == super::ACTION
        && leaf.result == LeafResult::Ok
        && target.kind.as_str() == ContactId::PREFIX
        && target.id == certificate.contact.bytes()
        && leaf.at_ms == certificate.begun_at.unix_ms()
        && environment == certificate.environment
        && super::by(&leaf) == certificate.by;
    (of_the_log && is_this).then(|| checkpoint.size())
}
