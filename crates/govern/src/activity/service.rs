//! Counting behind the ledger, and answering from what was counted.

use std::time::Duration;

use sealpost_ledger::{Environment as Where, Leaf};
use sealpost_store::{Ctx, Environment, LeafRow, MessageId, Org, OrgId, Store, StoreError, Time};

use super::model::{Ages, Count, Slot, Span};
use super::rules::bucket;
use super::store::{self, Actions, Acts, Durations};
use crate::audit::result;

/// The name under which the place is kept up to which is counted.
const STREAM: &str = "activity";
/// How often the ledger is looked at for news.
const LOOK: Duration = Duration::from_secs(1);
/// Organisations looked at together.
const PAGE: u32 = 256;
/// Leaves counted in one commit.
const CHUNK: u32 = 2_000;
/// For how long counts are kept.
const KEPT_MS: i64 = 92 * 86_400_000;
/// After this many leaves of an organisation, old counts are looked for.
const FORGET_EVERY: u64 = 65_536;
/// The acts for which it is counted how old their target is: when a message arrived, or left where that is all one learns.
const AGED: [&str; 2] = ["message.deliver", "message.send"];

/// Counts for as long as it is polled; to be run once on each node.
pub async fn count_forever(house: Store) {
    loop {
        if let Err(error) = count(&house).await {
            tracing::error!(error = %error, "activity.count_failed");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Counts all leaves that are not counted yet.
pub async fn count(house: &Store) -> Result<(), StoreError> {
    let mut after = OrgId::from_bytes([0; 16]);
    loop {
        let behind = house.unstreamed(STREAM, after, PAGE).await?;
        let Some(last) = behind.last() else { return Ok(()) };
        after = last.org;
        for one in behind {
            let ctx = Ctx::system(Org { id: one.org, environment: Environment::Live }, house.world().clone());
            let mut next = one.next;
            while next < one.size {
                match count_some(house, &ctx, next).await {
                    Ok(counted) if counted > next => next = counted,
                    // Nothing there, although the head says so: a ledger with a hole, of which the verifier tells.
                    Ok(_) => break,
                    // Another node was faster, and counts on.
                    Err(StoreError::Superseded) => break,
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

/// Counts one chunk of an organisation's leaves; answers up to where is counted now.
async fn count_some(house: &Store, ctx: &Ctx, from: u64) -> Result<u64, StoreError> {
    let rows = house.ledger_leaves(ctx, from, CHUNK).await?;
    let Some(last) = rows.last() else { return Ok(from) };
    let (to, tallies) = (last.seq + 1, Tallies::of(&rows));
    let forget = from / FORGET_EVERY != to / FORGET_EVERY;
    house
        .maintain(ctx, move |tx| {
            store::advance(tx, from, to)?;
            for (environment, acts, durations) in tallies.both() {
                store::add(tx, environment.as_str(), acts, durations)?;
            }
            if forget {
                store::forget(tx, Slot::of(tx.ctx().now().plus_ms(-KEPT_MS)))?;
            }
            Ok(to)
        })
        .await
}

/// What a stretch of the ledger comes to, for each environment.
#[derive(Default)]
struct Tallies {
    test: (Acts, Durations),
    live: (Acts, Durations),
}

impl Tallies {
    fn of(rows: &[LeafRow]) -> Self {
        let mut tallies = Self::default();
        for leaf in rows.iter().filter_map(|row| Leaf::decode(&row.leaf).ok()) {
            // What concerns the organisation itself concerns both of its environments.
            let (test, live) = match leaf.environment {
                Where::Test => (true, false),
                Where::Live => (false, true),
                Where::None => (true, true),
            };
            for (wanted, into) in [(test, &mut tallies.test), (live, &mut tallies.live)] {
                if wanted {
                    add(into, &leaf);
                }
            }
        }
        tallies
    }

    fn both(&self) -> impl Iterator<Item = (Environment, &Acts, &Durations)> {
        [(Environment::Test, &self.test), (Environment::Live, &self.live)]
            .into_iter()
            .map(|(environment, (acts, durations))| (environment, acts, durations))
    }
}

fn add((acts, durations): &mut (Acts, Durations), leaf: &Leaf) {
    let (at, action) = (Time::from_unix_ms(leaf.at_ms), leaf.action.to_string());
    let slot = Slot::of(at);
    if AGED.contains(&&*action)
        && let Some(target) = &leaf.target
    {
        // Ids of all kinds begin with the moment they were made.
        let age = at.since(MessageId::from_bytes(target.id).made_at());
        *durations.entry((slot, action.clone(), bucket(age))).or_default() += 1;
    }
    let result = store::result_number(result(leaf.result));
    *acts.entry((slot, action, leaf.actor.kind, result)).or_default() += 1;
}

/// How often acts whose names begin with `prefix` happened in the steps of `span`, in the context's environment.
pub async fn tally(house: &Store, ctx: &Ctx, span: Span, prefix: &'static str) -> Result<Vec<Count>, StoreError> {
    house.read(ctx, move |tx| store::tally(tx, span, &Actions::of(prefix))).await
}

/// How long things took from when they were made until `action`, for each step of `span`.
pub async fn ages(house: &Store, ctx: &Ctx, span: Span, action: &'static str) -> Result<Vec<Ages>, StoreError> {
    let rows = house.read(ctx, move |tx| store::ages(tx, span, action)).await?;
    let mut steps = vec![Ages::default(); span.steps()];
    for (step, bucket, count) in rows {
        if let Some(ages) = steps.get_mut(step) {
            ages.0.push((bucket, count));
        }
    }
    Ok(steps)
}
