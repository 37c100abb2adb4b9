//! For how many days an organisation keeps the details of its ledger.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_store::{StoreError, Time, Tx, org_sql};
use serde::{Deserialize, Serialize};

/// So many days, 30 to 3650: what is younger than a month somebody may still have to ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub(crate) struct DetailsDays(u32);

const LEAST: u32 = 30;
const MOST: u32 = 3650;

impl DetailsDays {
    /// The number.
    pub(crate) const fn count(self) -> u32 {
        self.0
    }
}

/// The number is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out_of_range")]
pub(crate) struct OutOfRange;

impl TryFrom<u32> for DetailsDays {
    type Error = OutOfRange;

    fn try_from(days: u32) -> Result<Self, OutOfRange> {
        if (LEAST..=MOST).contains(&days) { Ok(Self(days)) } else { Err(OutOfRange) }
    }
}

impl From<DetailsDays> for u32 {
    fn from(days: DetailsDays) -> Self {
        days.0
    }
}

impl JsonSchema for DetailsDays {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "DetailsDays".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": LEAST, "maximum": MOST })
    }
}

/// What the organisation has decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// For how many days; as long as the installation keeps everybody's, if nothing.
    pub(crate) days: Option<DetailsDays>,
    /// How often it was decided.
    pub(crate) version: u32,
    /// When it was decided last.
    pub(crate) since: Option<Time>,
}

/// What the organisation has decided. Primary key (org, version).
pub(crate) fn details_kept(tx: &mut Tx<'_>) -> Result<Standing, StoreError> {
    let row = tx.optional(
        org_sql!("select version, days, created_at from ledger_retention where org = $1 order by version desc limit 1"),
        &[],
        |row| Ok((row.get::<u32>("version")?, row.get::<u32>("days")?, row.get::<Time>("created_at")?)),
    )?;
    let Some((version, days, since)) = row else { return Ok(Standing::default()) };
    let days = DetailsDays::try_from(days).map_err(|_| StoreError::Column("days".into()))?;
    Ok(Standing { days: Some(days), version, since: Some(since) })
}

/// Decides it anew, as this version; the transaction fails if somebody has been faster.
pub(crate) fn decide_details(tx: &mut Tx<'_>, version: u32, days: DetailsDays) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(
        org_sql!(
            "insert into ledger_retention (org, version, days, created_at) values ($1, $2, $3, $4) on conflict do nothing"
        ),
        &[&version, &days.count(), &now],
    )
}
