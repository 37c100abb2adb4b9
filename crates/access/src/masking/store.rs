//! Queries about the policy. Every version stays.

use sealpost_seal::Place;
use sealpost_store::{Change, OrgId, OrgKeys, StoreError, Time, Tx, org_sql};

use super::CHANGED;
use super::model::{DailyReveals, Masking, Policy};

/// The policy in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What it says.
    pub policy: Policy,
    /// How often it was changed.
    pub version: u32,
    /// Since when; never, if nobody has decided anything.
    pub since: Option<Time>,
}

/// The label of the organisation's key that seals rules: a pattern may name somebody.
pub(super) const LABEL: &str = "settings";

/// The policy in force. Relies on the primary key.
pub fn standing(tx: &mut Tx<'_>, keys: &OrgKeys) -> Result<Standing, StoreError> {
    let row = tx.optional(
        org_sql!(
            "select version, mode, rules, reveals_per_day, created_at from masking_policy where org = $1
             order by version desc limit 1"
        ),
        &[],
        |row| {
            let sealed: Option<Vec<u8>> = row.get("rules")?;
            Ok((
                row.get::<u32>("version")?,
                row.get::<String>("mode")?,
                sealed,
                row.get("reveals_per_day")?,
                row.get("created_at")?,
            ))
        },
    )?;
    let Some((version, mode, sealed, reveals, since)) = row else { return Ok(Standing::default()) };
    let masking = match (&*mode, sealed) {
        ("default", None) => Masking::Default,
        ("off", None) => Masking::Off,
        ("patterns", Some(sealed)) => {
            let row = version.to_be_bytes();
            let clear = keys.open(LABEL, &place(tx, &row), &sealed)?;
            Masking::Patterns(serde_json::from_slice(&clear).map_err(|_| StoreError::Column("rules".into()))?)
        }
        _ => return Err(StoreError::Column("mode".into())),
    };
    let reveals = DailyReveals::new(reveals).map_err(|_| StoreError::Column("reveals_per_day".into()))?;
    Ok(Standing { policy: Policy { masking, reveals }, version, since: Some(since) })
}

/// Puts a policy into force as this version, and tells every node; false if somebody has been faster.
pub fn put_into_force(tx: &mut Tx<'_>, keys: &OrgKeys, version: u32, policy: &Policy) -> Result<bool, StoreError> {
    let ctx = tx.ctx();
    let row = version.to_be_bytes();
    let rules = match &policy.masking {
        Masking::Default | Masking::Off => None,
        Masking::Patterns(rules) => {
            let clear = serde_json::to_vec(rules).map_err(|_| StoreError::Column("rules".into()))?;
            Some(keys.seal(LABEL, &place(tx, &row), &clear, ctx.rng()))
        }
    };
    let inserted = tx.execute(
        org_sql!(
            "insert into masking_policy (org, version, mode, rules, reveals_per_day, created_at)
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing"
        ),
        &[&version, &policy.masking.word(), &rules, &policy.reveals.count(), &ctx.now()],
    )?;
    tx.publish(Change::new(CHANGED, ctx.org, ctx.org.id.bytes()));
    Ok(inserted == 1)
}

fn place<'a>(tx: &Tx<'_>, row: &'a [u8; 4]) -> Place<'a> {
    place_in(tx.ctx().org.id, row)
}

/// Where the rules of a version stand.
pub(super) fn place_in(org: OrgId, row: &[u8; 4]) -> Place<'_> {
    Place { org: org.bytes(), environment: None, table: "masking_policy", column: "rules", row, owner: None }
}
