//! The rules in force, and their change.

use sealpost_seal::Purpose;
use sealpost_store::{Leaf, OrgId, OrgKeys, Recorded, StoreError, Tx, org_sql};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Failure, Refusal};
use serde_json::json;

use super::model::{Policy, Standing};
use crate::reason::Reason;

/// The rules in force. Relies on the primary key.
pub(super) fn standing(tx: &mut Tx<'_>) -> Result<Standing, StoreError> {
    let found = tx.optional(
        org_sql!("select version, rules, created_at from download_policy where org = $1 order by version desc limit 1"),
        &[],
        |row| Ok((row.get::<u32>("version")?, row.get::<String>("rules")?, row.get("created_at")?)),
    )?;
    let Some((version, rules, since)) = found else { return Ok(Standing::default()) };
    let policy = serde_json::from_str(&rules).map_err(|_| StoreError::Column("rules".into()))?;
    Ok(Standing { policy, version, since: Some(since) })
}

/// Puts rules into force, in both environments.
pub(super) fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    policy: Policy,
    reason: &Reason,
) -> Result<Recorded<Standing>, Failure> {
    let policy = policy.checked()?;
    let before = standing(tx)?;
    let (version, now) = (before.version + 1, tx.ctx().now());
    let rules = serde_json::to_string(&policy).map_err(|_| StoreError::Column("rules".into()))?;
    let put = org_sql!(
        "insert into download_policy (org, version, rules, created_at) values ($1, $2, $3, $4) on conflict do nothing"
    );
    if tx.execute(put, &[&version, &rules, &now])? != 1 {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    let details = json!({
        "version": version,
        "from": before.policy,
        "to": policy,
        "reason": reason.text().expose(Purpose::Seal),
    });
    let ctx = tx.ctx();
    let leaf = Leaf::of("download_policy.change")
        .on(OrgId::PREFIX, ctx.org.id.bytes())
        .with(keys.seal_audit(ctx, details.to_string().as_bytes()));
    Ok(tx.record(leaf, Standing { policy, version, since: Some(now) }))
}
