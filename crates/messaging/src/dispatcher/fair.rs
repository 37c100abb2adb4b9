//! A queue in which organisations take turns.

use std::collections::{HashMap, VecDeque};

use sealpost_store::{Claim, OrgId};

/// Jobs by organisation, handed out round robin: each turn one job.
#[derive(Default)]
pub(super) struct FairQueue {
    queues: HashMap<OrgId, VecDeque<Claim>>,
    turns: VecDeque<OrgId>,
    len: usize,
}

impl FairQueue {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, claim: Claim) {
        let org = claim.org.id;
        let queue = self.queues.entry(org).or_default();
        if queue.is_empty() {
            self.turns.push_back(org);
        }
        queue.push_back(claim);
        self.len += 1;
    }

    /// The next job of the next organisation that may have one.
    pub(super) fn next(&mut self, may: impl Fn(OrgId) -> bool) -> Option<Claim> {
        let at = self.turns.iter().position(|org| may(*org))?;
        self.turns.rotate_left(at);
        let org = self.turns.pop_front()?;
        let queue = self.queues.get_mut(&org)?;
        let claim = queue.pop_front()?;
        self.len -= 1;
        if queue.is_empty() {
            self.queues.remove(&org);
        } else {
            self.turns.push_back(org);
        }
        Some(claim)
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

    #[test]
    fn a_large_batch_does_not_delay_another_organisation() {
        let mut queue = FairQueue::default();
        (0..100).for_each(|n| queue.push(claim(1, n)));
        queue.push(claim(2, 200));
        let first_two: Vec<u8> = (0..2).filter_map(|_| queue.next(|_| true)).map(|claim| claim.target[0]).collect();
        assert_eq!(first_two, [0, 200]);
    }

    #[test]
    fn who_has_its_share_is_passed_over_and_keeps_its_turn() {
        let mut queue = FairQueue::default();
        [1, 1, 2].into_iter().enumerate().for_each(|(n, org)| queue.push(claim(org, n as u8)));
        let first = OrgId::from_bytes([1; 16]);
        assert_eq!(queue.next(|org| org != first).map(|claim| claim.target[0]), Some(2));
        assert!(queue.next(|org| org != first).is_none());
        assert_eq!((queue.next(|_| true).map(|claim| claim.target[0]), queue.len()), (Some(0), 1));
    }

    #[test]
    fn every_job_comes_out_once_and_in_order() {
        let mut queue = FairQueue::default();
        (0..50).for_each(|n| queue.push(claim(n % 3, n)));
        let mut out: Vec<u8> = std::iter::from_fn(|| queue.next(|_| true)).map(|claim| claim.target[0]).collect();
        for org in 0..3 {
            let of_one: Vec<u8> = out.iter().copied().filter(|n| n % 3 == org).collect();
            assert!(of_one.is_sorted());
        }
        out.sort_unstable();
        assert_eq!(out, (0..50).collect::<Vec<u8>>());
        assert_eq!(queue.len(), 0);
    }
}
