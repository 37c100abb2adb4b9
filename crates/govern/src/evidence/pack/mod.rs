//! The pack: the evidence in files, under one signed list of their digests.
//!
//! ```text
//! manifest.note        sealpost evidence pack v1, and which file has which SHA-256; signed under the key of the checkpoints
//! record.json .html    the record of processing, for programs and to print
//! controls.json        controls, their tests, how things stood
//! configuration.json   settings, without secrets
//! software.json        version, migrations, libraries
//! ledger.jsonl         the whole ledger up to a checkpoint signed for this, as `sealpost ledger verify` reads it
//! ```
//!
//! It is a folder or a zip file whose every byte follows from the files in it, so that a changed one is found wherever it is. The
//! ledger goes through piece by piece: a pack never stands in memory.

mod manifest;
mod parts;
#[cfg(test)]
mod tests;
mod verify;
mod zip;

use std::io::{self, Write};
use std::path::Path;

use sealpost_store::{Ctx, StoreError};

pub use manifest::Manifest;
pub use verify::{PackError, Verified, verify};

use self::parts::{Part, Parts};
use self::zip::Zip;
use super::Evidence;

/// A pack could not be made.
#[derive(Debug, thiserror::Error)]
pub enum NotPacked {
    /// What goes into it could not be read.
    #[error("the evidence could not be read")]
    Store(#[from] StoreError),
    /// It could not be written.
    #[error("the pack could not be written: {0}")]
    Io(#[from] io::Error),
    /// Something of it can't be written as JSON or a signed note.
    #[error("the pack can't be written as it is")]
    Unwritable,
}

/// What was packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The list of it.
    pub manifest: Manifest,
}

/// Where files go.
trait Target {
    fn begin(&mut self, name: &'static str) -> io::Result<()>;
    fn put(&mut self, bytes: &[u8]) -> io::Result<()>;
    fn end(&mut self) -> io::Result<()>;
    fn finish(&mut self) -> io::Result<()>;
}

/// Writes a pack as a zip file. Records `evidence.export` first.
pub async fn write_zip(evidence: &Evidence, ctx: &Ctx, out: &mut (impl Write + Send)) -> Result<Packed, NotPacked> {
    write(evidence, ctx, &mut Zip::new(out)).await
}

/// Writes a pack as files in a folder, which must be there and be empty. Records `evidence.export` first.
pub async fn write_folder(evidence: &Evidence, ctx: &Ctx, folder: &Path) -> Result<Packed, NotPacked> {
    write(evidence, ctx, &mut Folder { folder, file: None }).await
}

async fn write(evidence: &Evidence, ctx: &Ctx, target: &mut (impl Target + Send)) -> Result<Packed, NotPacked> {
    let mut parts = Parts::begin(evidence, ctx).await?;
    while let Some(part) = parts.next().await? {
        put(target, part)?;
    }
    target.finish()?;
    Ok(Packed { manifest: parts.manifest() })
}

fn put(target: &mut impl Target, part: Part) -> io::Result<()> {
    match part {
        Part::Begin(name) => target.begin(name),
        Part::Bytes(bytes) => target.put(&bytes),
        Part::End => target.end(),
    }
}

/// The same for whoever isn't on the host, as it is read.
pub(super) async fn stream(
    evidence: &Evidence,
    ctx: &Ctx,
) -> Result<tokio::sync::mpsc::Receiver<hyper::body::Bytes>, NotPacked> {
    let (evidence, ctx) = (evidence.clone(), ctx.clone());
    parts::record(&evidence, &ctx).await?;
    let (sender, receiver) = tokio::sync::mpsc::channel(2);
    tokio::spawn(async move {
        if let Err(error) = send(&evidence, &ctx, &sender).await {
            // Whoever reads it finds no end.
            tracing::error!(error = %error, "evidence.export_broken");
        }
    });
    Ok(receiver)
}

async fn send(
    evidence: &Evidence,
    ctx: &Ctx,
    to: &tokio::sync::mpsc::Sender<hyper::body::Bytes>,
) -> Result<(), NotPacked> {
    let mut parts = Parts::recorded(evidence, ctx).await?;
    let mut zip = Zip::new(Vec::new());
    while let Some(part) = parts.next().await? {
        put(&mut zip, part)?;
        let some = std::mem::take(zip.out());
        if !some.is_empty() && to.send(some.into()).await.is_err() {
            return Ok(());
        }
    }
    zip.finish()?;
    let _ = to.send(std::mem::take(zip.out()).into()).await;
    Ok(())
}

/// A folder.
struct Folder<'p> {
    folder: &'p Path,
    file: Option<io::BufWriter<std::fs::File>>,
}

impl Target for Folder<'_> {
    fn begin(&mut self, name: &'static str) -> io::Result<()> {
        let file = std::fs::File::options().write(true).create_new(true).open(self.folder.join(name))?;
        self.file = Some(io::BufWriter::new(file));
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.write_all(bytes))
    }

    fn end(&mut self) -> io::Result<()> {
        match self.file.take() {
            Some(file) => file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all(),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
