//! Verifying the ledger where it is: every leaf is read and hashed again, and every signed checkpoint compared with what that comes
//! to.
//!
//! This finds what was changed by whoever has the database alone. Whoever has the signing key, too, could sign another history;
//! that is found by whoever kept a checkpoint elsewhere, with an export.

use sealpost_ledger::{Finding, Report, Verifier};
use sealpost_store::{Ctx, Leaf, Store, StoreError};
use sealpost_web::{Failure, Refusal};

use super::codes::LEDGER_TOO_LONG;
use super::lines::Lines;

/// The most leaves that are read again while somebody waits for it.
const MOST: u64 = 2_000_000;

/// Verifies the ledger of the context's organisation. Records `ledger.verify` first.
pub(super) async fn check(house: &Store, ctx: &Ctx) -> Result<Result<Report, Finding>, Failure> {
    house.write::<_, StoreError>(ctx, |tx| Ok(tx.record(Leaf::of("ledger.verify"), ()))).await?;
    let mut lines = Lines::begin(house, ctx).await?;
    if lines.size() > MOST {
        return Err(Refusal::of(&LEDGER_TOO_LONG).member("most", MOST).into());
    }
    let mut verifier = Verifier::new(house.verifier_key()?, &[]);
    while let Some(some) = lines.next().await? {
        let read = some.strip_suffix(b"\n").unwrap_or(&some).split(|byte| *byte == b'\n');
        for line in read {
            if let Err(finding) = verifier.line(line) {
                return Ok(Err(finding));
            }
        }
        tokio::task::yield_now().await;
    }
    Ok(verifier.finish())
}
