//! What runs next: organisations take turns, and none has more under way than its share.

use std::collections::HashMap;

use sealpost_store::{Claim, OrgId};

use super::fair::FairQueue;

/// How many times what is free one organisation may have under way (dynamic thresholds, Choudhury and Hahne 1998): alone it
/// gets three quarters of all, the next one three quarters of what that left.
const SHARE: usize = 3;
/// Jobs held in memory; what doesn't fit is found by the sweep when its lease has run out.
const HELD: usize = 20_000;

/// Jobs that wait, and how many are under way.
pub(crate) struct Schedule {
    waiting: FairQueue,
    under_way: HashMap<OrgId, usize>,
    busy: usize,
    most: usize,
}

impl Schedule {
    /// Nothing waits; at most so many jobs will be under way at once.
    pub(crate) fn new(most: usize) -> Self {
        Self { waiting: FairQueue::default(), under_way: HashMap::new(), busy: 0, most }
    }

    /// Lets a job wait for its turn, if there is room.
    pub(crate) fn admit(&mut self, claim: Claim) {
        if self.waiting.len() < HELD {
            self.waiting.push(claim);
        }
    }

    /// How many jobs wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there is room for what a sweep finds. What waits in memory is leased to us: claiming more than can be started
    /// would only let leases run out.
    pub(crate) fn may_sweep(&self) -> bool {
        self.waiting.len() <= HELD / 2
    }

    /// The job to begin now, if one may.
    pub(crate) fn next(&mut self) -> Option<Claim> {
        if self.busy == self.most {
            return None;
        }
        let share = SHARE * (self.most - self.busy);
        let claim = self.waiting.next(|org| self.under_way.get(&org).is_none_or(|count| *count < share))?;
        *self.under_way.entry(claim.org.id).or_default() += 1;
        self.busy += 1;
        Some(claim)
    }

    /// A job that had begun has ended.
    pub(crate) fn ended(&mut self, org: OrgId) {
        let Some(count) = self.under_way.get_mut(&org) else { return };
        *count -= 1;
        self.busy -= 1;
        if *count == 0 {
            self.under_way.remove(&org);
        }
    }

    /// Whether anything is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.busy > 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::fair::tests::claim;
    use super::*;

    fn started(schedule: &mut Schedule) -> usize {
        std::iter::from_fn(|| schedule.next()).count()
    }

    #[test]
    fn alone_an_organisation_gets_three_quarters() {
        let mut schedule = Schedule::new(512);
        (0..=255).cycle().take(2000).for_each(|n| schedule.admit(claim(1, n)));
        assert_eq!(started(&mut schedule), 384);
    }

    #[test]
    fn who_comes_later_finds_something_left() {
        let mut schedule = Schedule::new(512);
        let shares = [1, 2, 3].map(|org| {
            (0..=255).cycle().take(600).for_each(|n| schedule.admit(claim(org, n)));
            started(&mut schedule)
        });
        assert_eq!(shares, [384, 96, 24]);
    }

    #[test]
    fn there_are_never_more_than_slots() {
        let mut schedule = Schedule::new(4);
        (1..=9).for_each(|org| schedule.admit(claim(org, 0)));
        assert_eq!(started(&mut schedule), 4);
    }

    #[test]
    fn what_has_ended_makes_room() {
        let mut schedule = Schedule::new(4);
        (0..5).for_each(|n| schedule.admit(claim(1, n)));
        assert_eq!((started(&mut schedule), schedule.is_busy()), (3, true));
        schedule.ended(OrgId::from_bytes([1; 16]));
        assert_eq!(started(&mut schedule), 1);
        (0..3).for_each(|_| schedule.ended(OrgId::from_bytes([1; 16])));
        assert_eq!((started(&mut schedule), schedule.is_busy()), (1, true));
        schedule.ended(OrgId::from_bytes([1; 16]));
        assert!(!schedule.is_busy());
    }
}
