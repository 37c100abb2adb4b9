//! The whole ledger of an organisation, as a file that can be verified elsewhere.

use std::io::{self, Write};

use hyper::body::Bytes;
use sealpost_store::{Ctx, Environment, Leaf, Store, StoreError, Tx};
use sealpost_web::{Failure, Refusal};
use tokio::sync::mpsc;

use super::codes::EXPORT_LIVE_ONLY;
use super::lines::{Exported, Lines};
use crate::downloads;

/// Stretches of lines that may wait for a slow reader.
const WAITING: usize = 2;

/// An export could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The ledger could not be read.
    #[error("the ledger could not be read")]
    Store(#[from] StoreError),
    /// The file could not be written.
    #[error("the export could not be written")]
    Io(#[from] io::Error),
}

/// Writes the ledger of the context's organisation as JSON Lines. Records `ledger.export` first and signs a checkpoint, so that the
/// export ends with a signed one.
pub async fn export(house: &Store, ctx: &Ctx, out: &mut impl Write) -> Result<Exported, ExportError> {
    record(house, ctx).await?;
    let mut lines = Lines::begin(house, ctx).await?;
    while let Some(some) = lines.next().await? {
        out.write_all(&some)?;
    }
    out.flush()?;
    Ok(lines.done())
}

/// The same for whoever is not on the host, as it is read. The ledger holds both environments, so it leaves by the live one.
pub(crate) async fn stream(house: &Store, ctx: &Ctx) -> Result<mpsc::Receiver<Bytes>, Failure> {
    if ctx.org.environment != Environment::Live {
        return Err(Refusal::of(&EXPORT_LIVE_ONLY).into());
    }
    let record = |tx: &mut Tx<'_>| {
        // A file as any other. Its rows name nobody who is written to, and who keeps a copy every night takes all of them each time.
        downloads::count(tx, 0)?;
        Ok(tx.record(Leaf::of("ledger.export"), ()))
    };
    house.write::<_, Failure>(ctx, record).await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let (house, ctx) = (house.clone(), ctx.clone());
    tokio::spawn(async move {
        if let Err(error) = send(&house, &ctx, &sender).await {
            // Whoever reads it finds no signed checkpoint at its end.
            tracing::error!(error = %error, "ledger.export_broken");
        }
    });
    Ok(receiver)
}

async fn send(house: &Store, ctx: &Ctx, to: &mpsc::Sender<Bytes>) -> Result<(), StoreError> {
    let mut lines = Lines::begin(house, ctx).await?;
    while let Some(some) = lines.next().await? {
        if to.send(some.into()).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

async fn record(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    house.write(ctx, |tx| Ok::<_, StoreError>(tx.record(Leaf::of("ledger.export"), ()))).await
}
