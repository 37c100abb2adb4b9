//! A queue in which organisations take turns, and within an organisation its receivers.

use std::collections::{HashMap, VecDeque};

use sealpost_store::{Claim, OrgId};

use super::lanes::{Lane, May};

/// Jobs of one receiver that wait in memory; what doesn't fit is found by the sweep when its lease has run out.
const HELD_PER_LANE: usize = 50_000;

/// Jobs by organisation and receiver, handed out round robin: each turn one job.
#[derive(Default)]
pub(super) struct FairQueue {
    queues: HashMap<OrgId, Jobs>,
    /// Organisations that have something which isn't resting.
    turns: VecDeque<OrgId>,
    /// Lanes that rest until somebody in doubt has ended, in the order in which they were passed over. Some may have been woken since.
    in_doubt: Vec<(OrgId, Lane)>,
    len: usize,
}

/// What waits for one organisation.
#[derive(Default)]
struct Jobs {
    /// Those without a receiver; every other turn is theirs.
    plain: VecDeque<Claim>,
    lanes: HashMap<Lane, InLane>,
    /// Lanes that have something and don't rest.
    turns: VecDeque<Lane>,
    plain_is_next: bool,
}

/// What waits for one receiver.
#[derive(Default)]
struct InLane {
    claims: VecDeque<Claim>,
    rests: bool,
}

impl Jobs {
    fn has_turn(&self) -> bool {
        !self.plain.is_empty() || !self.turns.is_empty()
    }

    /// The next job; lanes that may not have one rest.
    fn next(&mut self, may: impl Fn(Lane) -> May, mut in_doubt: impl FnMut(Lane)) -> Option<(Claim, Option<Lane>)> {
        self.plain_is_next = !self.plain_is_next;
        if self.plain_is_next
            && let Some(claim) = self.plain.pop_front()
        {
            return Some((claim, None));
        }
        while let Some(lane) = self.turns.pop_front() {
            let Some(waiting) = self.lanes.get_mut(&lane) else { continue };
            match may(lane) {
                May::Begin => {}
                May::AfterItsOwn => {
                    waiting.rests = true;
                    continue;
                }
                May::AfterDoubt => {
                    waiting.rests = true;
                    in_doubt(lane);
                    continue;
                }
            }
            let claim = waiting.claims.pop_front();
            if waiting.claims.is_empty() {
                self.lanes.remove(&lane);
            } else {
                self.turns.push_back(lane);
            }
            if let Some(claim) = claim {
                return Some((claim, Some(lane)));
            }
        }
        self.plain.pop_front().map(|claim| (claim, None))
    }
}

impl FairQueue {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, claim: Claim, lane: Option<Lane>) {
        let org = claim.org.id;
        let jobs = self.queues.entry(org).or_default();
        let had_turn = jobs.has_turn();
        match lane {
            None => jobs.plain.push_back(claim),
            Some(lane) => {
                let waiting = jobs.lanes.entry(lane).or_default();
                if waiting.claims.len() >= HELD_PER_LANE {
                    return;
                }
                if waiting.claims.is_empty() {
                    jobs.turns.push_back(lane);
                }
                waiting.claims.push_back(claim);
            }
        }
        self.len += 1;
        if !had_turn && jobs.has_turn() {
            self.turns.push_back(org);
        }
    }

    /// The next job of the next organisation that may have one, in a lane that may.
    pub(super) fn next(
        &mut self,
        may: impl Fn(OrgId) -> bool,
        may_lane: impl Fn(OrgId, Lane) -> May,
    ) -> Option<(Claim, Option<Lane>)> {
        loop {
            let at = self.turns.iter().position(|org| may(*org))?;
            self.turns.rotate_left(at);
            let org = self.turns.pop_front()?;
            let jobs = self.queues.get_mut(&org)?;
            let in_doubt = &mut self.in_doubt;
            let next = jobs.next(|lane| may_lane(org, lane), |lane| in_doubt.push((org, lane)));
            if jobs.has_turn() {
                self.turns.push_back(org);
            } else if jobs.lanes.is_empty() {
                self.queues.remove(&org);
            }
            if let Some(next) = next {
                self.len -= 1;
                return Some(next);
            }
        }
    }

    /// Something may begin in this lane again.
    pub(super) fn wake(&mut self, org: OrgId, lane: Lane) {
        let Some(jobs) = self.queues.get_mut(&org) else { return };
        let had_turn = jobs.has_turn();
        let Some(waiting) = jobs.lanes.get_mut(&lane).filter(|waiting| waiting.rests) else { return };
        waiting.rests = false;
        jobs.turns.push_back(lane);
        if !had_turn {
            self.turns.push_back(org);
        }
    }

    /// Something may begin again in the lanes that are in doubt: of this organisation, or of all.
    pub(super) fn wake_in_doubt(&mut self, of: Option<OrgId>) {
        let woken = self.in_doubt.extract_if(.., |(org, _)| of.is_none_or(|of| of == *org));
        for (org, lane) in woken.collect::<Vec<_>>() {
            self.wake(org, lane);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use sealpost_store::{Environment, JobId, Org};

    pub(in crate::dispatcher) fn claim(org: u8, n: u8) -> Claim {
        let org = Org { id: OrgId::from_bytes([org; 16]), environment: Environment::Test };
        Claim {
            id: JobId::from_bytes([n; 16]),
            org,
            kind: "t".into(),
            target: [n; 16],
            fence: 1,
            leased_until: sealpost_store::Time::from_unix_ms(0),
            claims: 0,
            hint: None,
            trace: None,
        }
    }

    fn lane(n: u8) -> Option<Lane> {
        Some(Lane([n; 16]))
    }

    fn next(queue: &mut FairQueue, may: impl Fn(OrgId) -> bool) -> Option<u8> {
        queue.next(may, |_, _| May::Begin).map(|(claim, _)| claim.target[0])
    }

    fn all(queue: &mut FairQueue) -> Vec<u8> {
        std::iter::from_fn(|| next(queue, |_| true)).collect()
    }

    #[test]
    fn a_large_batch_does_not_delay_another_organisation() {
        let mut queue = FairQueue::default();
        (0..100).for_each(|n| queue.push(claim(1, n), None));
        queue.push(claim(2, 200), None);
        let first_two = [(); 2].map(|()| next(&mut queue, |_| true));
        assert_eq!(first_two, [Some(0), Some(200)]);
    }

    #[test]
    fn a_receivers_backlog_does_not_delay_another_receiver_nor_a_message() {
        let mut queue = FairQueue::default();
        (0..100).for_each(|n| queue.push(claim(1, n), lane(1)));
        queue.push(claim(1, 200), lane(2));
        queue.push(claim(1, 201), None);
        let mut first_three = [(); 3].map(|()| next(&mut queue, |_| true).unwrap());
        first_three.sort_unstable();
        assert_eq!(first_three, [0, 200, 201]);
    }

    #[test]
    fn who_has_its_share_is_passed_over_and_keeps_its_turn() {
        let mut queue = FairQueue::default();
        [1, 1, 2].into_iter().enumerate().for_each(|(n, org)| queue.push(claim(org, n as u8), None));
        let first = OrgId::from_bytes([1; 16]);
        assert_eq!(next(&mut queue, |org| org != first), Some(2));
        assert!(next(&mut queue, |org| org != first).is_none());
        assert_eq!((next(&mut queue, |_| true), queue.len()), (Some(0), 1));
    }

    #[test]
    fn a_lane_that_rests_is_passed_over_until_it_is_woken() {
        let mut queue = FairQueue::default();
        let closed = lane(1).unwrap();
        for may in [May::AfterItsOwn, May::AfterDoubt] {
            [1, 1, 2].into_iter().enumerate().for_each(|(n, of)| queue.push(claim(1, n as u8), lane(of)));
            let mut open = || {
                let next = queue.next(|_| true, |_, lane| if lane == closed { may } else { May::Begin });
                next.map(|(claim, _)| claim.target[0])
            };
            assert_eq!((open(), open()), (Some(2), None));
            queue.push(claim(1, 3), lane(1));
            assert_eq!((next(&mut queue, |_| true), queue.len()), (None, 3));
            match may {
                May::AfterDoubt => queue.wake_in_doubt(None),
                _ => queue.wake(OrgId::from_bytes([1; 16]), closed),
            }
            assert_eq!(all(&mut queue), [0, 1, 3]);
        }
    }

    #[test]
    fn one_receiver_can_not_fill_the_memory() {
        let mut queue = FairQueue::default();
        (0..HELD_PER_LANE + 10).for_each(|_| queue.push(claim(1, 0), lane(1)));
        queue.push(claim(1, 1), lane(2));
        assert_eq!(queue.len(), HELD_PER_LANE + 1);
    }

    #[test]
    fn every_job_comes_out_once_and_in_order() {
        let mut queue = FairQueue::default();
        (0..50).for_each(|n| queue.push(claim(n % 3, n), if n % 2 == 0 { lane(n % 5) } else { None }));
        // Some lanes rest half way.
        let may = |_, lane: Lane| if lane.0[0].is_multiple_of(2) { May::Begin } else { May::AfterDoubt };
        let mut out: Vec<u8> =
            std::iter::from_fn(|| queue.next(|_| true, may)).map(|(claim, _)| claim.target[0]).collect();
        assert!(out.len() < 50);
        queue.wake_in_doubt(Some(OrgId::from_bytes([1; 16])));
        queue.wake_in_doubt(None);
        out.extend(all(&mut queue));
        out.sort_unstable();
        assert_eq!(out, (0..50).collect::<Vec<u8>>());
        assert_eq!(queue.len(), 0);

        (0..50).for_each(|n| queue.push(claim(n % 3, n), lane(n % 3)));
        let out = all(&mut queue);
        for org in 0..3 {
            let of_one: Vec<u8> = out.iter().copied().filter(|n| n % 3 == org).collect();
            assert!(of_one.is_sorted());
        }
    }
}
