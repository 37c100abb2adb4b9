//! Whether another job may begin in a lane.
//!
//! A lane is a receiver. Each has a window of jobs that may be under way, which grows while the receiver answers and halves when it
//! doesn't, as TCP does with a path (RFC 5681 §3.1). Windows alone would not do: a hundred receivers that hang need no large ones to
//! hold every slot there is. So those whose last answer was no good, came late, or that nobody has heard yet are in doubt, and all that are in
//! doubt share half of the slots. Whoever answers promptly always finds the other half.

use std::collections::HashMap;

/// A receiver, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lane(pub [u8; 16]);

/// How a job went, as far as its lane is concerned.
pub enum Went {
    /// The receiver answered promptly.
    Well,
    /// It answered, after a long time.
    Slowly,
    /// It didn't, or with an error.
    Badly,
    /// Nobody was called.
    Moot,
    /// It has to wait for its turn in the lane it is now known to belong to.
    Wait(Box<sealpost_store::Claim>),
}

/// A lane's window to begin with: enough to be heard.
const FIRST: u16 = 2;
/// The largest window; egress opens no more connections to one receiver.
const LARGEST: u16 = 32;
/// Lanes remembered although nothing is under way in them.
const REMEMBERED: usize = 20_000;

/// All lanes and what is known of them.
pub(super) struct Lanes {
    known: HashMap<Lane, Standing>,
    doubtful: usize,
    most_doubtful: usize,
}

struct Standing {
    under_way: u16,
    window: u16,
    answers: bool,
}

impl Standing {
    const NEW: Self = Self { under_way: 0, window: FIRST, answers: false };
}

/// Whether another job may begin in a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum May {
    Begin,
    /// Once one of its own has ended.
    AfterItsOwn,
    /// Once one of anybody in doubt has ended.
    AfterDoubt,
}

/// That a job has begun in a lane; given back when it ends.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    lane: Lane,
    in_doubt: bool,
}

impl Lanes {
    /// With half of so many slots for whoever is in doubt.
    pub(super) fn new(slots: usize) -> Self {
        Self { known: HashMap::new(), doubtful: 0, most_doubtful: (slots / 2).max(1) }
    }

    /// May another job begin?
    pub(super) fn may(&self, lane: Lane) -> May {
        let standing = self.known.get(&lane).unwrap_or(&Standing::NEW);
        if standing.under_way >= standing.window {
            May::AfterItsOwn
        } else if standing.answers || self.doubtful < self.most_doubtful {
            May::Begin
        } else {
            May::AfterDoubt
        }
    }

    pub(super) fn begin(&mut self, lane: Lane) -> Begun {
        if self.known.len() >= REMEMBERED {
            self.known.retain(|_, standing| standing.under_way > 0);
        }
        let standing = self.known.entry(lane).or_insert(Standing::NEW);
        standing.under_way += 1;
        let in_doubt = !standing.answers;
        self.doubtful += usize::from(in_doubt);
        Begun { lane, in_doubt }
    }

    pub(super) fn ended(&mut self, begun: Begun, went: &Went) {
        self.doubtful -= usize::from(begun.in_doubt);
        let Some(standing) = self.known.get_mut(&begun.lane) else { return };
        // Only who uses a window has shown that it is good for a larger one (RFC 7661).
        let grown = if standing.under_way >= standing.window { standing.window + 1 } else { standing.window };
        standing.under_way -= 1;
        match went {
            Went::Well => (standing.answers, standing.window) = (true, grown.min(LARGEST)),
            Went::Slowly => (standing.answers, standing.window) = (false, grown.min(LARGEST)),
            Went::Badly => (standing.answers, standing.window) = (false, (standing.window / 2).max(1)),
            Went::Moot | Went::Wait(_) => {}
        }
    }
}

impl Begun {
    pub(super) fn lane(&self) -> Lane {
        self.lane
    }

    pub(super) fn in_doubt(&self) -> bool {
        self.in_doubt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(n: u8) -> Lane {
        Lane([n; 16])
    }

    fn fill(lanes: &mut Lanes, n: u8) -> Vec<Begun> {
        let mut begun = Vec::new();
        while lanes.may(lane(n)) == May::Begin {
            begun.push(lanes.begin(lane(n)));
        }
        begun
    }

    #[test]
    fn a_window_grows_while_it_is_used_and_answered_and_halves_when_not() {
        let mut lanes = Lanes::new(1_000);
        let mut sizes = Vec::new();
        for _ in 0..8 {
            let begun = fill(&mut lanes, 1);
            sizes.push(begun.len());
            begun.into_iter().for_each(|begun| lanes.ended(begun, &Went::Well));
        }
        assert!(sizes.is_sorted() && sizes[0] == 2 && sizes[7] > 4, "{sizes:?}");
        let one = lanes.begin(lane(1));
        lanes.ended(one, &Went::Badly);
        assert_eq!(fill(&mut lanes, 1).len(), usize::from(lanes.known[&lane(1)].window));
        assert!(usize::from(lanes.known[&lane(1)].window) <= sizes[7] / 2 + 1);
    }

    #[test]
    fn who_is_called_now_and_then_keeps_a_small_window() {
        let mut lanes = Lanes::new(1_000);
        for _ in 0..100 {
            let begun = lanes.begin(lane(1));
            lanes.ended(begun, &Went::Well);
        }
        assert_eq!(fill(&mut lanes, 1).len(), usize::from(FIRST));
    }

    #[test]
    fn all_that_are_in_doubt_leave_half_to_those_that_answer() {
        let mut lanes = Lanes::new(100);
        let begun = lanes.begin(lane(0));
        lanes.ended(begun, &Went::Well);
        let held: usize = (1..=200).map(|n| fill(&mut lanes, n).len()).sum();
        assert_eq!(held, 50);
        assert_eq!(lanes.may(lane(201)), May::AfterDoubt);
        assert_eq!(fill(&mut lanes, 0).len(), 2);
    }

    #[test]
    fn a_slow_receiver_may_have_many_and_stays_in_doubt() {
        let mut lanes = Lanes::new(1_000);
        for _ in 0..20 {
            fill(&mut lanes, 1).into_iter().for_each(|begun| lanes.ended(begun, &Went::Slowly));
        }
        let begun = fill(&mut lanes, 1);
        assert!(begun.len() > 10 && begun.iter().all(Begun::in_doubt));
    }
}
