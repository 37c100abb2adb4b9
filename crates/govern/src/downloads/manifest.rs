//! What a file is, signed: whoever has both knows that it is the one that left, who asked for it and who agreed.

use sealpost_ledger::{CheckpointError, VerifierKey, checkpoint};
use sealpost_seal::key::sha256;
use sealpost_store::{ApprovalId, Ctx, DownloadId, OrgId, Store, StoreError, Time};
use serde::{Deserialize, Serialize};

use super::model::{Download, Format};
use super::write::hex;
use crate::audit::TypedId;

/// The first line: no checkpoint begins so, nor anything else that is signed.
const TITLE: &str = "sealpost download v1";

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Which.
    pub download: DownloadId,
    /// Whose data.
    pub organisation: OrgId,
    /// `test` or `live`.
    pub environment: String,
    /// Rows of what.
    pub source: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// As what it is written.
    pub format: Format,
    /// How many rows.
    pub rows: u64,
    /// How long it is.
    pub bytes: u64,
    /// The SHA-256 of it, in hexadecimal.
    pub sha256: String,
    /// Who asked.
    pub asked_by: Option<TypedId>,
    /// When.
    pub asked_at: Time,
    /// What others have agreed to, if they had to.
    pub approval: Option<ApprovalId>,
}

/// This isn't the file, or nobody trusted has signed what it is.
#[derive(Debug, thiserror::Error)]
pub enum NotTheFile {
    /// The list isn't signed by this key, or is no list.
    #[error("this is not signed by the key you trust")]
    Unsigned(#[from] CheckpointError),
    /// The file is another.
    #[error("this is another file, or it was changed")]
    Other,
}

impl Manifest {
    fn text(&self) -> Result<String, CheckpointError> {
        let json = serde_json::to_string_pretty(self).map_err(|_| CheckpointError::Malformed)?;
        Ok(format!("{TITLE}\n{json}\n"))
    }
}

/// What a whole file is, signed by this installation; nothing if it was never whole.
pub(super) fn sign(house: &Store, ctx: &Ctx, of: &Download) -> Result<Option<String>, StoreError> {
    let Some(digest) = of.written.sha256 else { return Ok(None) };
    let manifest = Manifest {
        download: of.id,
        organisation: ctx.org.id,
        environment: ctx.org.environment.as_str().to_owned(),
        source: of.source.clone(),
        columns: of.columns.clone(),
        format: of.format,
        rows: of.written.rows,
        bytes: of.written.bytes,
        sha256: hex(digest),
        asked_by: super::api::asker(of.actor),
        asked_at: of.created_at,
        approval: of.approval,
    };
    let signing = house.keys().signing();
    let signed = manifest.text().and_then(|text| {
        checkpoint::sign_text(&text, &house.verifier_key().map_err(|_| CheckpointError::Malformed)?, &|text| {
            signing.sign(text)
        })
    });
    Ok(Some(signed.map_err(|_| StoreError::Unopenable)?))
}

/// What this file is, if it is what this signed list is about and this key signed it.
pub fn verify(note: &str, key: &VerifierKey, file: &[u8]) -> Result<Manifest, NotTheFile> {
    let text = checkpoint::open_text(note, key)?;
    let json = text.strip_prefix(TITLE).and_then(|rest| rest.strip_prefix('\n')).ok_or(CheckpointError::Malformed)?;
    let manifest: Manifest = serde_json::from_str(json).map_err(|_| CheckpointError::Malformed)?;
    if manifest.text()? != text {
        return Err(CheckpointError::Malformed.into());
    }
    let is_it = manifest.bytes == file.len() as u64 && manifest.sha256 == hex(sha256(&[file]));
    if is_it { Ok(manifest) } else { Err(NotTheFile::Other) }
}
