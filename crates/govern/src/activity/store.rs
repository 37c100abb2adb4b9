//! Statements about counts.

use std::collections::BTreeMap;

use sealpost_store::{Row, StoreError, Tx, org_sql, sql};

use super::model::{Count, Slot, Span};
use crate::audit::{ActorWord, ResultWord};

/// What stands before the name of everything done to one kind of thing, and what would stand behind the last of them.
pub(super) struct Actions<'a> {
    pub(super) from: &'a str,
    pub(super) to: String,
}

impl<'a> Actions<'a> {
    /// Everything that begins with this: `message.`; with nothing, everything.
    pub(super) fn of(prefix: &'a str) -> Self {
        // No character of an action is as high as this one.
        Self { from: prefix, to: format!("{prefix}~") }
    }
}

/// Acts counted together.
pub(super) type Acts = BTreeMap<(Slot, String, u8, u8), u64>;
/// Durations counted together.
pub(super) type Durations = BTreeMap<(Slot, String, i64), u64>;

/// Adds to what was counted before, in `environment`.
pub(super) fn add(tx: &mut Tx<'_>, environment: &str, acts: &Acts, durations: &Durations) -> Result<(), StoreError> {
    for ((slot, action, actor, result), count) in acts {
        tx.put(
            org_sql!(
                "insert into activity (org, env, slot, action, actor, result, count) values ($1, $2, $3, $4, $5, $6, $7)
                 on conflict (org, env, slot, action, actor, result) do update set count = activity.count + excluded.count"
            ),
            &[&environment, &slot.0, action, &i64::from(*actor), &i64::from(*result), count],
        )?;
    }
    for ((slot, action, bucket), count) in durations {
        tx.put(
            org_sql!(
                "insert into activity_age (org, env, slot, action, bucket, count) values ($1, $2, $3, $4, $5, $6)
                 on conflict (org, env, slot, action, bucket) do update set count = activity_age.count + excluded.count"
            ),
            &[&environment, &slot.0, action, bucket, count],
        )?;
    }
    Ok(())
}

/// Moves the place up to which is counted from `from` to `to`; the transaction fails if it isn't at `from` any more.
pub(super) fn advance(tx: &mut Tx<'_>, from: u64, to: u64) -> Result<(), StoreError> {
    match from {
        0 => tx.put_exact(
            org_sql!(
                "insert into ledger_stream (org, stream, next) values ($1, 'activity', $2) on conflict do nothing"
            ),
            &[&to],
        ),
        _ => tx.put_exact(
            org_sql!("update ledger_stream set next = $3 where org = $1 and stream = 'activity' and next = $2"),
            &[&from, &to],
        ),
    }
}

/// How often acts of `actions` happened in the steps of `span`.
pub(super) fn tally(tx: &mut Tx<'_>, span: Span, actions: &Actions<'_>) -> Result<Vec<Count>, StoreError> {
    tx.all(
        sql!(
            "select slot / $5 as step, action, actor, result, cast(sum(count) as bigint) as count from activity
             where org = $1 and env = $2 and slot >= $3 and slot < $4 and action >= $6 and action < $7
             group by 1, 2, 3, 4 order by 1, 2, 3, 4"
        ),
        &[&span.from.0, &span.to.0, &span.step, &actions.from, &actions.to],
        |row| {
            let small = |name: &str| Ok::<u8, StoreError>(u8::try_from(row.get::<i64>(name)?).unwrap_or(u8::MAX));
            Ok(Count {
                step: span.index(row.get("step")?),
                action: row.get("action")?,
                actor: ActorWord::of(small("actor")?),
                result: result(small("result")?),
                count: row.get("count")?,
            })
        },
    )
}

/// How long things took until `action` in the steps of `span`: step, bucket, count.
pub(super) fn ages(tx: &mut Tx<'_>, span: Span, action: &str) -> Result<Vec<(usize, i64, u64)>, StoreError> {
    let read = |row: &Row<'_>| Ok((span.index(row.get("step")?), row.get("bucket")?, row.get("count")?));
    tx.all(
        sql!(
            "select slot / $5 as step, bucket, cast(sum(count) as bigint) as count from activity_age
             where org = $1 and env = $2 and slot >= $3 and slot < $4 and action = $6
             group by 1, 2 order by 1, 2"
        ),
        &[&span.from.0, &span.to.0, &span.step, &action],
        read,
    )
}

/// Forgets what was counted before a slot.
pub(super) fn forget(tx: &mut Tx<'_>, before: Slot) -> Result<(), StoreError> {
    tx.put(org_sql!("delete from activity where org = $1 and env in ('test', 'live') and slot < $2"), &[&before.0])?;
    tx.put(org_sql!("delete from activity_age where org = $1 and env in ('test', 'live') and slot < $2"), &[&before.0])
}

/// How a result is stored.
pub(super) const fn result_number(result: ResultWord) -> u8 {
    match result {
        ResultWord::Ok => 0,
        ResultWord::Denied => 1,
        ResultWord::Failed => 2,
    }
}

const fn result(number: u8) -> ResultWord {
    match number {
        0 => ResultWord::Ok,
        1 => ResultWord::Denied,
        _ => ResultWord::Failed,
    }
}
