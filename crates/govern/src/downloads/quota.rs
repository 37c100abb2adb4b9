//! How much somebody takes in a day: files and rows, over both environments.

use sealpost_access::api_keys::person;
use sealpost_store::{MemberId, Sql, StoreError, Tx, org_sql};
use sealpost_web::shell::parts::grouped;
use sealpost_web::{Failure, Refusal};

use super::codes::DOWNLOAD_QUOTA_EXHAUSTED;
use super::model::Policy;
use super::policy;
use crate::looks::{day_of, seconds_to_midnight};

// Under the row's lock, so that of two files at once only one is the last.
const TAKE: Sql = org_sql!(
    "insert into download_use (org, who, day, files, lines) values ($1, $2, $3, 1, $4)
     on conflict (org, who, day) do update set files = download_use.files + 1, lines = download_use.lines + $4
     where download_use.files < $5 and download_use.lines + $4 <= $6"
);
// Primary key (org, who, day).
const USED: Sql = org_sql!("select files, lines from download_use where org = $1 and who = $2 and day = $3");
const FORGET: Sql = org_sql!("delete from download_use where org = $1 and day < $2");

/// What is left to somebody today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "DownloadQuotaLeft")]
pub(super) struct Left {
    /// Files.
    files: u64,
    /// Rows.
    rows: u64,
}

impl Left {
    pub(super) fn in_words(self) -> String {
        let (files, rows) = (grouped(self.files), grouped(self.rows));
        format!("Left to you today: {files} files, {rows} rows.")
    }
}

/// Counts a file of so many rows for whoever acts, or refuses it. To be called in the transaction that lets it out.
pub fn count(tx: &mut Tx<'_>, rows: u64) -> Result<(), Failure> {
    let rules = policy::standing(tx)?.policy;
    let (who, now) = (who(tx)?, tx.ctx().now());
    let (files, most) = (rules.files_per_day, u64::from(rules.rows_per_day));
    let taken = rows <= most && tx.execute(TAKE, &[&who, &day_of(now), &rows, &files, &most])? == 1;
    if taken {
        return Ok(());
    }
    Err(Refusal::of(&DOWNLOAD_QUOTA_EXHAUSTED)
        .member("files_per_day", files)
        .member("rows_per_day", most)
        .retry_after(seconds_to_midnight(now))
        .into())
}

/// What is left to whoever acts.
pub(super) fn left(tx: &mut Tx<'_>, rules: &Policy) -> Result<Left, StoreError> {
    let (who, day) = (who(tx)?, day_of(tx.ctx().now()));
    let used = tx.optional(USED, &[&who, &day], |row| Ok((row.get::<u64>("files")?, row.get::<u64>("lines")?)))?;
    let (files, rows) = used.unwrap_or_default();
    Ok(Left {
        files: u64::from(rules.files_per_day).saturating_sub(files),
        rows: u64::from(rules.rows_per_day).saturating_sub(rows),
    })
}

/// Forgets who took how much before yesterday.
pub(super) fn forget(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let yesterday = day_of(tx.ctx().now()) - 1;
    tx.put(FORGET, &[&yesterday])
}

/// Whom it counts for: the person, if it is known whose key this is, so that two keys aren't twice as much.
fn who(tx: &mut Tx<'_>) -> Result<MemberId, StoreError> {
    Ok(person(tx)?.unwrap_or(MemberId::from_bytes(tx.ctx().actor.id)))
}
