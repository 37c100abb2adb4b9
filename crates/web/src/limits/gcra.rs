//! The generic cell rate algorithm in virtual scheduling form (ITU-T I.371 Annex A, ATM Forum TM 4.0 §4.4.2): one number per
//! bucket, the *theoretical arrival time* of the next request if all had come evenly spaced.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use sealpost_store::Time;

use super::config::Quota;

const SHARDS: usize = 64;
/// Buckets kept in a shard; 64 × 4096 buckets are some 12 MiB.
const PER_SHARD: usize = 4096;

/// Names a bucket: whose it is, and for what.
pub(super) type BucketId = ([u8; 16], u8);

/// All buckets. A full bucket is the same as none, so only buckets drawn from lately are kept, and at most 64 × 4096.
pub(super) struct Buckets {
    hasher: RandomState,
    shards: Box<[Mutex<HashMap<BucketId, i64>>]>,
}

/// Where a bucket stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Requests that may follow at once.
    pub(super) remaining: u32,
    /// Until the bucket is full again.
    pub(super) full_in_us: i64,
    /// If the request was refused: until one would be allowed.
    pub(super) retry_after_us: Option<i64>,
}

impl Buckets {
    pub(super) fn new() -> Self {
        Self { hasher: RandomState::new(), shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// Takes one request from a bucket, if it has one.
    pub(super) fn take(&self, id: BucketId, quota: Quota, now: Time) -> Standing {
        let now = now.unix_ms().saturating_mul(1000);
        let shard = &self.shards[self.hasher.hash_one(id) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let before = shard.get(&id).copied().unwrap_or(now);
        let (after, standing) = draw(before, quota, now);
        if standing.retry_after_us.is_none() {
            if shard.len() >= PER_SHARD && !shard.contains_key(&id) {
                make_room(&mut shard, now);
            }
            shard.insert(id, after);
        }
        standing
    }
}

/// The algorithm itself: from the theoretical arrival time to the next.
fn draw(before: i64, quota: Quota, now: i64) -> (i64, Standing) {
    let interval = (i64::from(quota.seconds()) * 1_000_000 / i64::from(quota.count())).max(1);
    let burst = interval * i64::from(quota.count());
    // A clock that was set back must not lock anybody out for longer than an empty bucket does.
    let before = before.clamp(now, now.saturating_add(burst));
    let after = before + interval;
    let excess = after - now - burst;
    if excess > 0 {
        return (before, Standing { remaining: 0, full_in_us: before - now, retry_after_us: Some(excess) });
    }
    let remaining = u32::try_from((burst - (after - now)) / interval).unwrap_or(u32::MAX);
    (after, Standing { remaining, full_in_us: after - now, retry_after_us: None })
}

/// Forgets full buckets; if that is not enough (somebody makes up callers), the fullest quarter, which loses least.
fn make_room(shard: &mut HashMap<BucketId, i64>, now: i64) {
    shard.retain(|_, at| *at > now);
    if shard.len() > PER_SHARD * 3 / 4 {
        let mut times: Vec<i64> = shard.values().copied().collect();
        let (_, quarter, _) = times.select_nth_unstable(PER_SHARD / 4);
        let quarter = *quarter;
        shard.retain(|_, at| *at > quarter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A bucket of tokens that refills evenly, kept as an exact fraction: what the algorithm must be equal to.
    struct Model {
        quota: Quota,
        /// Microseconds' worth of requests in the bucket.
        level: i64,
        at: i64,
    }

    impl Model {
        fn interval(&self) -> i64 {
            (i64::from(self.quota.seconds()) * 1_000_000 / i64::from(self.quota.count())).max(1)
        }

        fn take(&mut self, now: i64) -> bool {
            let full = self.interval() * i64::from(self.quota.count());
            self.level = (self.level + now - self.at).min(full);
            self.at = now;
            let allowed = self.level >= self.interval();
            if allowed {
                self.level -= self.interval();
            }
            allowed
        }
    }

    proptest! {
        #[test]
        fn it_allows_exactly_what_a_bucket_of_tokens_would(
            count in 1_u32..50, seconds in 1_u32..10, gaps in prop::collection::vec(0_i64..2_000, 1..300)
        ) {
            let quota = Quota::new(count, seconds);
            let buckets = Buckets::new();
            let mut now = 1_700_000_000_000;
            let mut model = Model { quota, level: 0, at: now * 1000 };
            model.level = model.interval() * i64::from(count);
            for gap in gaps {
                now += gap;
                let standing = buckets.take(([7; 16], 0), quota, Time::from_unix_ms(now));
                prop_assert_eq!(standing.retry_after_us.is_none(), model.take(now * 1000));
                prop_assert_eq!(i64::from(standing.remaining), model.level / model.interval());
            }
        }

        #[test]
        fn waiting_as_told_is_enough_and_waiting_less_is_not(count in 1_u32..50, seconds in 1_u32..10) {
            let (quota, now) = (Quota::new(count, seconds), 5_000_000_i64);
            let mut at = now;
            let mut standing = draw(at, quota, now).1;
            while standing.retry_after_us.is_none() {
                at = draw(at, quota, now).0;
                standing = draw(at, quota, now).1;
            }
            let wait = standing.retry_after_us.unwrap();
            prop_assert!(draw(at, quota, now + wait).1.retry_after_us.is_none());
            prop_assert!(draw(at, quota, now + wait - 1).1.retry_after_us.is_some());
        }
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out_for_long() {
        let (quota, buckets) = (Quota::new(2, 10), Buckets::new());
        let id = ([1; 16], 0);
        for _ in 0..2 {
            assert!(buckets.take(id, quota, Time::from_unix_ms(1_000_000_000)).retry_after_us.is_none());
        }
        let back = buckets.take(id, quota, Time::from_unix_ms(1_000));
        assert!(back.retry_after_us.unwrap() <= 5_000_000);
    }

    #[test]
    fn memory_is_bounded_whoever_calls() {
        let (quota, buckets) = (Quota::new(10, 60), Buckets::new());
        for n in 0..(SHARDS * PER_SHARD * 2) as u128 {
            buckets.take((n.to_be_bytes(), 0), quota, Time::from_unix_ms(1_000 + (n / 1000) as i64));
        }
        let kept: usize = buckets.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(kept <= SHARDS * PER_SHARD);
    }

    #[test]
    fn making_room_forgets_those_who_lose_least() {
        let mut shard: HashMap<BucketId, i64> =
            (0..PER_SHARD as u128).map(|n| ((n.to_be_bytes(), 0), 10 + n as i64)).collect();
        make_room(&mut shard, 0);
        assert!(shard.contains_key(&((PER_SHARD as u128 - 1).to_be_bytes(), 0)));
        assert!(!shard.contains_key(&(0_u128.to_be_bytes(), 0)));
        assert!(shard.len() < PER_SHARD);
    }
}
