//! What runs next: organisations and receivers take turns, and none has more under way than its share.

use std::collections::HashMap;

use sealpost_store::{Claim, OrgId};

use super::fair::FairQueue;
use super::lanes::{self, Lane, Lanes, May, Went};

/// How many times what is free one organisation may have under way (dynamic thresholds, Choudhury and Hahne 1998): alone it
/// gets three quarters of all, the next one three quarters of what that left.
const SHARE: usize = 3;
/// Jobs held in memory; what doesn't fit is found by the sweep when its lease has run out.
const HELD: usize = 20_000;

/// A job that has begun: given back when it ends.
#[derive(Clone, Copy)]
pub(crate) struct Begun {
    org: OrgId,
    lane: Option<lanes::Begun>,
}

/// Jobs that wait, and how many are under way.
pub(crate) struct Schedule {
    waiting: FairQueue,
    under_way: HashMap<OrgId, usize>,
    lanes: Lanes,
    busy: usize,
    most: usize,
}

impl Schedule {
    /// Nothing waits; at most so many jobs will be under way at once.
    pub(crate) fn new(most: usize) -> Self {
        Self { waiting: FairQueue::default(), under_way: HashMap::new(), lanes: Lanes::new(most), busy: 0, most }
    }

    /// Lets a job wait for its turn, if there is room.
    pub(crate) fn admit(&mut self, claim: Claim, lane: Option<Lane>) {
        if self.waiting.len() < HELD {
            self.waiting.push(claim, lane);
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
    pub(crate) fn next(&mut self) -> Option<(Claim, Begun)> {
        if self.busy == self.most {
            return None;
        }
        let share = SHARE * (self.most - self.busy);
        let (claim, lane) = self.waiting.next(
            |org| self.under_way.get(&org).is_none_or(|count| *count < share),
            // Whoever has nothing under way may have one, however much of others is in doubt.
            |org, lane| match self.lanes.may(lane) {
                May::AfterDoubt if !self.under_way.contains_key(&org) => May::Begin,
                may => may,
            },
        )?;
        let org = claim.org.id;
        *self.under_way.entry(org).or_default() += 1;
        self.busy += 1;
        Some((claim, Begun { org, lane: lane.map(|lane| self.lanes.begin(lane)) }))
    }

    /// A job that had begun has ended.
    pub(crate) fn ended(&mut self, begun: Begun, went: &Went) {
        if let Some(in_lane) = begun.lane {
            self.lanes.ended(in_lane, went);
            // A slot that was held in doubt may be anybody's who is in doubt.
            if in_lane.in_doubt() {
                self.waiting.wake_in_doubt(None);
            }
            self.waiting.wake(begun.org, in_lane.lane());
        }
        let Some(count) = self.under_way.get_mut(&begun.org) else { return };
        *count -= 1;
        self.busy -= 1;
        if *count == 0 {
            self.under_way.remove(&begun.org);
            self.waiting.wake_in_doubt(Some(begun.org));
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

    fn start(schedule: &mut Schedule) -> Vec<Begun> {
        std::iter::from_fn(|| schedule.next()).map(|(_, begun)| begun).collect()
    }

    fn started(schedule: &mut Schedule) -> usize {
        start(schedule).len()
    }

    fn lane(n: u8) -> Option<Lane> {
        Some(Lane([n; 16]))
    }

    #[test]
    fn alone_an_organisation_gets_three_quarters() {
        let mut schedule = Schedule::new(512);
        (0..=255).cycle().take(2000).for_each(|n| schedule.admit(claim(1, n), None));
        assert_eq!(started(&mut schedule), 384);
    }

    #[test]
    fn who_comes_later_finds_something_left() {
        let mut schedule = Schedule::new(512);
        let shares = [1, 2, 3].map(|org| {
            (0..=255).cycle().take(600).for_each(|n| schedule.admit(claim(org, n), None));
            started(&mut schedule)
        });
        assert_eq!(shares, [384, 96, 24]);
    }

    #[test]
    fn there_are_never_more_than_slots() {
        let mut schedule = Schedule::new(4);
        (1..=9).for_each(|org| schedule.admit(claim(org, 0), None));
        assert_eq!(started(&mut schedule), 4);
    }

    #[test]
    fn what_has_ended_makes_room() {
        let mut schedule = Schedule::new(4);
        (0..5).for_each(|n| schedule.admit(claim(1, n), None));
        let mut begun = start(&mut schedule);
        assert_eq!((begun.len(), schedule.is_busy()), (3, true));
        schedule.ended(begun.remove(0), &Went::Moot);
        begun.extend(start(&mut schedule));
        assert_eq!(begun.len(), 3);
        begun.drain(..).for_each(|begun| schedule.ended(begun, &Went::Moot));
        begun.extend(start(&mut schedule));
        assert_eq!((begun.len(), schedule.is_busy()), (1, true));
        begun.drain(..).for_each(|begun| schedule.ended(begun, &Went::Moot));
        assert!(!schedule.is_busy());
    }

    #[test]
    fn receivers_that_hang_leave_room_for_those_that_answer() {
        let mut schedule = Schedule::new(64);
        schedule.admit(claim(1, 0), lane(0));
        start(&mut schedule).into_iter().for_each(|begun| schedule.ended(begun, &Went::Well));
        // Nothing of these ever ends.
        (1..=200).for_each(|n| (0..5).for_each(|_| schedule.admit(claim(1, n), lane(n))));
        assert_eq!(started(&mut schedule), 32);
        for _ in 0..100 {
            schedule.admit(claim(1, 0), lane(0));
            let begun = start(&mut schedule);
            assert_eq!(begun.len(), 1);
            begun.into_iter().for_each(|begun| schedule.ended(begun, &Went::Well));
        }
        assert_eq!(schedule.waiting(), 1000 - 32);
        // And somebody else's first receiver is heard all the same.
        (0..3).for_each(|_| schedule.admit(claim(2, 0), lane(255)));
        assert_eq!(started(&mut schedule), 1);
    }
}
