//! How much is stored, kept as counts: a page that shows it reads some rows, however many messages there are.
//!
//! Counting reads every message, so upkeep does it: all of them once an hour, and what came since the last time in between. Where
//! there are few it is counted when it is asked for, and is exact.

use sealpost_store::{Ctx, Org, Row, Sql, StoreError, Time, Tx, sql};

use super::expiry::first_at;
use super::service::Storage;
use crate::messages::{self, Day};

/// Up to so many messages are counted whenever somebody looks.
const FEW: u64 = 20_000;
/// How old a count of everything may get: retention, purges and erasures take from any day.
const WHOLE_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

const STATE: Sql = sql!("select whole_at, counted_at from storage_counted where org = $1 and env = $2");
const COUNTED: Sql = sql!(
    "insert into storage_counted (org, env, whole_at, counted_at) values ($1, $2, $3, $4)
     on conflict (org, env) do update set whole_at = excluded.whole_at, counted_at = excluded.counted_at"
);
const COUNTS: Sql =
    sql!("select class, day, messages from storage_count where org = $1 and env = $2 order by class, day");
const FORGET: Sql = sql!("delete from storage_count where org = $1 and env = $2 and day >= $3");
const KEEP: Sql = sql!(
    "insert into storage_count (org, env, class, day, messages) values ($1, $2, $3, $4, $5)
     on conflict (org, env, class, day) do update set messages = excluded.messages"
);

/// When it was counted: all of it, and what came since.
#[derive(Clone, Copy)]
struct Counted {
    whole_at: Time,
    at: Time,
}

impl Storage {
    /// What is stored of each class, by day.
    pub(super) async fn counts(&self, ctx: &Ctx) -> Result<Vec<Day>, StoreError> {
        self.counts_beyond(ctx, FEW).await
    }

    /// As they are kept if there are more than `few`; counted now otherwise.
    pub(super) async fn counts_beyond(&self, ctx: &Ctx, few: u64) -> Result<Vec<Day>, StoreError> {
        let kept = self.store.read::<_, StoreError>(ctx, |tx| Ok((state(tx)?, tx.all(COUNTS, &[], read)?)));
        let (counted, days) = kept.await?;
        let is_known = counted.is_some() && days.iter().map(|day| day.messages).sum::<u64>() > few;
        if is_known { Ok(days) } else { self.store.read(ctx, |tx| messages::count_kept(tx, None)).await }
    }

    /// Counts what has changed since the last time; all of it if that is long ago.
    pub(super) async fn count(&self, ctx: &Ctx) -> Result<(), StoreError> {
        let (ctx, now) = (Ctx::system(Org { ..ctx.org }, self.store.world().clone()), ctx.now());
        let before = self.store.read(&ctx, state).await?;
        let goes_on = before.filter(|counted| now.since(counted.whole_at) < WHOLE_MS);
        // From the beginning of the day of the last count on: what was accepted that day has been counted in part.
        let since = goes_on.map(|counted| counted.at.unix_ms().div_euclid(DAY_MS));
        let from = since.map(|day| first_at(Time::from_unix_ms(day.saturating_mul(DAY_MS))));
        let days = self.store.read::<_, StoreError>(&ctx, move |tx| messages::count_kept(tx, from)).await?;
        let counted = Counted { whole_at: goes_on.map_or(now, |counted| counted.whole_at), at: now };
        let keep = move |tx: &mut Tx<'_>| {
            tx.put(FORGET, &[&since.unwrap_or(i64::MIN)])?;
            for day in &days {
                tx.put(KEEP, &[&day.class, &day.day, &day.messages])?;
            }
            tx.put(COUNTED, &[&counted.whole_at, &counted.at])
        };
        self.store.maintain(&ctx, keep).await
    }
}

fn state(tx: &mut Tx<'_>) -> Result<Option<Counted>, StoreError> {
    tx.optional(STATE, &[], |row| Ok(Counted { whole_at: row.get("whole_at")?, at: row.get("counted_at")? }))
}

fn read(row: &Row<'_>) -> Result<Day, StoreError> {
    Ok(Day { class: row.get("class")?, day: row.get("day")?, messages: row.get("messages")? })
}
