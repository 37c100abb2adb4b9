//! Queries about the lists. Every version stays.

use sealpost_store::{Change, Row, StoreError, Time, Tx, org_sql};
use sealpost_web::Cidrs;

use super::CHANGED;
use super::model::{Lists, Pending, Standing};

struct Version {
    number: u32,
    lists: Lists,
    until: Option<Time>,
    since: Time,
}

/// How it stands. Relies on the primary key.
pub(super) fn standing(tx: &mut Tx<'_>) -> Result<Standing, StoreError> {
    let latest = tx.optional(
        org_sql!(
            "select version, dashboard, admin, api_keys, reverts_at, created_at from network_policy where org = $1
             order by version desc limit 1"
        ),
        &[],
        read,
    )?;
    let Some(Version { number: version, lists, until, since }) = latest else { return Ok(Standing::default()) };
    let since = Some(since);
    let Some(until) = until else { return Ok(Standing { version, confirmed: lists, pending: None, since }) };
    let confirmed = tx.optional(
        org_sql!(
            "select version, dashboard, admin, api_keys, reverts_at, created_at from network_policy
             where org = $1 and reverts_at is null order by version desc limit 1"
        ),
        &[],
        read,
    )?;
    let confirmed = confirmed.map(|version| version.lists).unwrap_or_default();
    Ok(Standing { version, confirmed, pending: Some(Pending { lists, until }), since })
}

/// Puts lists into force as this version, for good or until then, and tells every node; false if somebody has been faster.
pub(super) fn put_into_force(
    tx: &mut Tx<'_>,
    version: u32,
    lists: &Lists,
    until: Option<Time>,
) -> Result<bool, StoreError> {
    let ctx = tx.ctx();
    let (dashboard, admin, keys) = (lists.dashboard.to_text(), lists.admin.to_text(), lists.keys.to_text());
    let inserted = tx.execute(
        org_sql!(
            "insert into network_policy (org, version, dashboard, admin, api_keys, reverts_at, created_at)
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing"
        ),
        &[&version, &dashboard, &admin, &keys, &until, &ctx.now()],
    )?;
    tx.publish(Change::new(CHANGED, ctx.org, ctx.org.id.bytes()));
    Ok(inserted == 1)
}

fn read(row: &Row<'_>) -> Result<Version, StoreError> {
    Ok(Version {
        number: row.get("version")?,
        lists: Lists { dashboard: list(row, "dashboard")?, admin: list(row, "admin")?, keys: list(row, "api_keys")? },
        until: row.get("reverts_at")?,
        since: row.get("created_at")?,
    })
}

/// Text that can't be read is an error, never "anywhere".
fn list(row: &Row<'_>, column: &'static str) -> Result<Cidrs, StoreError> {
    Cidrs::from_text(&row.get::<String>(column)?).map_err(|_| StoreError::Column(column.into()))
}
