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
            "select version, mode, rules, test_mode, test_rules, reveals_per_day, created_at from masking_policy where org = $1
             order by version desc limit 1"
        ),
        &[],
        |row| {
            let live = (row.get::<String>("mode")?, row.get::<Option<Vec<u8>>>("rules")?);
            let test = (row.get::<Option<String>>("test_mode")?, row.get::<Option<Vec<u8>>>("test_rules")?);
            Ok((
                row.get::<u32>("version")?,
                live,
                test,
                row.get("reveals_per_day")?,
                row.get("created_at")?,
            ))
        },
    )?;
    let Some((version, live, (test_mode, test_rules), reveals, since)) = row else { return Ok(Standing::default()) };
    let masking = opened(tx, keys, version, RULES, live)?;
    let test = test_mode.map(|mode| opened(tx, keys, version, TEST_RULES, (mode, test_rules))).transpose()?;
    let reveals = DailyReveals::new(reveals).map_err(|_| StoreError::Column("reveals_per_day".into()))?;
    Ok(Standing { policy: Policy { masking, test, reveals }, version, since: Some(since) })
}

/// Puts a policy into force as this version, and tells every node; false if somebody has been faster.
pub fn put_into_force(tx: &mut Tx<'_>, keys: &OrgKeys, version: u32, policy: &Policy) -> Result<bool, StoreError> {
    let ctx = tx.ctx();
    let rules = sealed(tx, keys, version, RULES, &policy.masking)?;
    let test = policy.test.as_ref();
    let test_rules = test.map(|test| sealed(tx, keys, version, TEST_RULES, test)).transpose()?.flatten();
    let inserted = tx.execute(
        org_sql!(
            "insert into masking_policy (org, version, mode, rules, test_mode, test_rules, reveals_per_day, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing"
        ),
        &[
            &version,
            &policy.masking.word(),
            &rules,
            &test.map(Masking::word),
            &test_rules,
            &policy.reveals.count(),
            &ctx.now(),
        ],
    )?;
    tx.publish(Change::new(CHANGED, ctx.org, ctx.org.id.bytes()));
    Ok(inserted == 1)
}

/// The columns that rules stand in.
pub(super) const RULES: &str = "rules";
pub(super) const TEST_RULES: &str = "test_rules";

fn opened(
    tx: &Tx<'_>,
    keys: &OrgKeys,
    version: u32,
    column: &'static str,
    (mode, rules): (String, Option<Vec<u8>>),
) -> Result<Masking, StoreError> {
    match (&*mode, rules) {
        ("default", None) => Ok(Masking::Default),
        ("off", None) => Ok(Masking::Off),
        ("patterns", Some(sealed)) => {
            let row = version.to_be_bytes();
            let clear = keys.open(LABEL, &place(tx, column, &row), &sealed)?;
            let rules = serde_json::from_slice(&clear).map_err(|_| StoreError::Column(column.into()))?;
            Ok(Masking::Patterns(rules))
        }
        _ => Err(StoreError::Column("mode".into())),
    }
}

fn sealed(
    tx: &Tx<'_>,
    keys: &OrgKeys,
    version: u32,
    column: &'static str,
    masking: &Masking,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Masking::Patterns(rules) = masking else { return Ok(None) };
    let row = version.to_be_bytes();
    let clear = serde_json::to_vec(rules).map_err(|_| StoreError::Column(column.into()))?;
    Ok(Some(keys.seal(LABEL, &place(tx, column, &row), &clear, tx.ctx().rng())))
}

fn place<'a>(tx: &Tx<'_>, column: &'static str, row: &'a [u8; 4]) -> Place<'a> {
    place_in(tx.ctx().org.id, column, row)
}

/// Where the rules of a version stand.
pub(super) fn place_in<'a>(org: OrgId, column: &'static str, row: &'a [u8; 4]) -> Place<'a> {
    Place { org: org.bytes(), environment: None, table: "masking_policy", column, row, owner: None }
}
