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

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
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

    pub(super) fn next(&mut self) -> Option<Claim> {
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
mod tests {
    use super::*;
    use sealpost_store::{Environment, JobId, Org};

    fn claim(org: u8, n: u8) -> Claim {
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
        let first_two: Vec<u8> = (0..2).filter_map(|_| queue.next()).map(|claim| claim.target[0]).collect();
        assert_eq!(first_two, [0, 200]);
    }

    #[test]
    fn every_job_comes_out_once_and_in_order() {
        let mut queue = FairQueue::default();
        (0..50).for_each(|n| queue.push(claim(n % 3, n)));
        let mut out: Vec<u8> = std::iter::from_fn(|| queue.next()).map(|claim| claim.target[0]).collect();
        for org in 0..3 {
            let of_one: Vec<u8> = out.iter().copied().filter(|n| n % 3 == org).collect();
            assert!(of_one.is_sorted());
        }
        out.sort_unstable();
        assert_eq!(out, (0..50).collect::<Vec<u8>>());
        assert!(queue.is_empty());
    }
}
