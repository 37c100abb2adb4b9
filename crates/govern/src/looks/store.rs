//! Queries about who has looked how often.

use sealpost_store::{Sql, StoreError, Time, Tx, sql};

use super::rules::Lately;

// The condition is checked under the row's lock, so that of two looks at once only one is the last.
const COUNT: Sql = sql!(
    "insert into reveal_use (org, env, actor, day, looks, lately) values ($1, $2, $3, $4, 1, $6)
     on conflict (org, env, actor) do update set
        looks = case when reveal_use.day < $4 then 1 else reveal_use.looks + 1 end,
        day = case when reveal_use.day < $4 then $4 else reveal_use.day end
     where reveal_use.day < $4 or reveal_use.looks < $5"
);
const LATELY: Sql = sql!("select lately, warned_at from reveal_use where org = $1 and env = $2 and actor = $3");
const REMEMBER: Sql =
    sql!("update reveal_use set lately = $4, warned_at = $5 where org = $1 and env = $2 and actor = $3");

/// Counts a look of this transaction's actor; false if that would be more than `most` in this day, and nothing is counted.
pub(super) fn count(tx: &mut Tx<'_>, day: i64, most: u32) -> Result<bool, StoreError> {
    if most == 0 {
        return Ok(false);
    }
    Ok(tx.execute(COUNT, &[&actor(tx), &day, &most, &Lately::default().to_bytes()])? == 1)
}

/// When this transaction's actor looked lately, and when its last burst was told.
pub(super) fn lately(tx: &mut Tx<'_>) -> Result<(Lately, Option<Time>), StoreError> {
    let found = tx.optional(LATELY, &[&actor(tx)], |row| {
        Ok((Lately::from_bytes(&row.get::<Vec<u8>>("lately")?), row.get("warned_at")?))
    })?;
    Ok(found.unwrap_or_default())
}

/// Remembers what [`lately`] will answer.
pub(super) fn remember(tx: &mut Tx<'_>, lately: &Lately, warned_at: Option<Time>) -> Result<(), StoreError> {
    tx.put(REMEMBER, &[&actor(tx), &lately.to_bytes(), &warned_at])
}

fn actor(tx: &Tx<'_>) -> Vec<u8> {
    tx.ctx().actor.id.to_vec()
}
