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

/// Jobs under way.
#[derive(Clone, Copy, Default)]
struct UnderWay {
    answering: usize,
    /// Those whose receivers are [in doubt](lanes).
    in_doubt: usize,
}

impl UnderWay {
    fn add(&mut self, in_doubt: bool) {
        *(if in_doubt { &mut self.in_doubt } else { &mut self.answering }) += 1;
    }

    fn remove(&mut self, in_doubt: bool) {
        *(if in_doubt { &mut self.in_doubt } else { &mut self.answering }) -= 1;
    }

    fn doubt(&mut self, count: usize) {
        self.answering -= count;
        self.in_doubt += count;
    }

    fn all(self) -> usize {
        self.answering + self.in_doubt
    }
}

/// Jobs that wait, and how many are under way.
pub(crate) struct Schedule {
    waiting: FairQueue,
    of_each: HashMap<OrgId, UnderWay>,
    lanes: Lanes,
    of_all: UnderWay,
    most: usize,
}

impl Schedule {
    /// Nothing waits; at most so many jobs will be under way at once, and as many again whose receivers are in doubt, of which at most half
    /// may begin when they already are.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            waiting: FairQueue::default(),
            of_each: HashMap::new(),
            lanes: Lanes::new(most / 2),
            of_all: UnderWay::default(),
            most,
        }
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
        if self.of_all.answering >= self.most || self.of_all.all() >= 2 * self.most {
            return None;
        }
        let share = SHARE * (self.most - self.of_all.answering);
        let (claim, lane) = self.waiting.next(
            |org| self.of_each.get(&org).is_none_or(|of_one| of_one.answering < share),
            // Whoever has nothing under way may have one, however much of others is in doubt.
            |org, lane| match self.lanes.may(lane) {
                May::AfterDoubt if !self.of_each.contains_key(&org) => May::Begin,
                may => may,
            },
        )?;
        let org = claim.org.id;
        let lane = lane.map(|lane| self.lanes.begin(org, lane));
        let in_doubt = lane.as_ref().is_some_and(lanes::Begun::in_doubt);
        self.of_each.entry(org).or_default().add(in_doubt);
        self.of_all.add(in_doubt);
        Some((claim, Begun { org, lane }))
    }

    /// A job that had begun has ended.
    pub(crate) fn ended(&mut self, begun: Begun, went: &Went) {
        let mut in_doubt = false;
        if let Some(in_lane) = begun.lane {
            in_doubt = self.lanes.ended(in_lane, went);
            // A slot that was held in doubt may be anybody's who is in doubt.
            if in_doubt {
                self.waiting.wake_in_doubt(None);
            }
            self.waiting.wake(begun.org, in_lane.lane());
        }
        let Some(of_one) = self.of_each.get_mut(&begun.org) else { return };
        of_one.remove(in_doubt);
        self.of_all.remove(in_doubt);
        if of_one.all() == 0 {
            self.of_each.remove(&begun.org);
            self.waiting.wake_in_doubt(Some(begun.org));
        }
    }

    /// To be told four times a second: receivers that fell silent are in doubt.
    pub(crate) fn tick(&mut self) {
        for (org, count) in self.lanes.tick() {
            self.of_all.doubt(count);
            if let Some(of_one) = self.of_each.get_mut(&org) {
                of_one.doubt(count);
            }
        }
    }

    /// Whether anything is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.of_all.all() > 0
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

    #[test]
    fn receivers_that_answered_and_then_hang_all_at_once_hold_nobody_up_for_long() {
        let mut schedule = Schedule::new(64);
        // A hundred that have earned larger windows, and one more.
        for _ in 0..6 {
            (0..=100).for_each(|n| (0..4).for_each(|_| schedule.admit(claim(1, n), lane(n))));
            while schedule.waiting() > 0 {
                start(&mut schedule).into_iter().for_each(|begun| schedule.ended(begun, &Went::Well));
            }
        }
        // From now on nothing of the hundred ever ends.
        (1..=100).for_each(|n| (0..4).for_each(|_| schedule.admit(claim(1, n), lane(n))));
        let mut held = started(&mut schedule);
        assert_eq!(held, 48, "three quarters of all slots");
        for _ in 0..20 {
            (0..4).for_each(|_| schedule.tick());
            held += started(&mut schedule);
        }
        assert!(held < 2 * 64, "{held}");
        for _ in 0..100 {
            schedule.admit(claim(1, 0), lane(0));
            let begun: Vec<_> = std::iter::from_fn(|| schedule.next()).collect();
            let of_it = begun.into_iter().filter(|(claim, _)| claim.target[0] == 0).collect::<Vec<_>>();
            assert_eq!(of_it.len(), 1);
            of_it.into_iter().for_each(|(_, begun)| schedule.ended(begun, &Went::Well));
        }
    }
}
