//! For how long an organisation keeps the keyed hash of an erased person's suppressed address: so long an import can't make anybody
//! write to them. Every version of the decision stays.

use sealpost_store::{Leaf, OrgId, OrgKeys, Recorded, StoreError, Time, Tx, org_sql};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Failure, Refusal};
use serde_json::json;

/// Two years, unless an organisation decides otherwise.
const DEFAULT_DAYS: u32 = 730;
/// Ten years.
pub(super) const MOST_DAYS: u32 = 3_650;
const DAY_MS: i64 = 86_400_000;

/// What holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    /// How often it was decided.
    pub(super) version: u32,
    /// How many days suppressions of erased people are kept; with none they go with the person.
    pub(super) suppression_days: u32,
    /// Since when; never, if nobody has decided anything.
    pub(super) since: Option<Time>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { version: 0, suppression_days: DEFAULT_DAYS, since: None }
    }
}

impl Policy {
    /// Until when what is suppressed now is kept.
    pub(super) fn until(self, now: Time) -> Time {
        now.plus_ms(i64::from(self.suppression_days) * DAY_MS)
    }
}

/// What holds. Relies on the primary key.
pub(super) fn standing(tx: &mut Tx<'_>) -> Result<Policy, StoreError> {
    let latest = org_sql!(
        "select version, suppression_days, created_at from erasure_policy where org = $1 order by version desc limit 1"
    );
    let latest = tx.optional(latest, &[], |row| {
        Ok(Policy {
            version: row.get("version")?,
            suppression_days: row.get("suppression_days")?,
            since: Some(row.get("created_at")?),
        })
    })?;
    Ok(latest.unwrap_or_default())
}

/// Decides for how many days, for erasures from now on. Whoever asks knows of this version if they say so.
pub(super) fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    suppression_days: u32,
    known: Option<u32>,
) -> Result<Recorded<Policy>, Failure> {
    let before = standing(tx)?;
    if known.is_some_and(|known| known != before.version) {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    let ctx = tx.ctx();
    let now = ctx.now();
    let after = Policy { version: before.version.saturating_add(1), suppression_days, since: Some(now) };
    let insert = org_sql!(
        "insert into erasure_policy (org, version, suppression_days, created_at) values ($1, $2, $3, $4) on conflict do nothing"
    );
    if tx.execute(insert, &[&after.version, &after.suppression_days, &now])? != 1 {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    let details = json!({ "version": after.version, "from": before.suppression_days, "to": after.suppression_days });
    let leaf = Leaf::of("erasure_policy.change")
        .on(OrgId::PREFIX, ctx.org.id.bytes())
        .with(keys.seal_audit(ctx, details.to_string().as_bytes()));
    Ok(tx.record(leaf, after))
}
