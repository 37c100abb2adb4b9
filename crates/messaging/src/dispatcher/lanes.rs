//! Whether another job may begin in a lane.
//!
//! A lane is a receiver. Each has a window of jobs that may be under way, which grows while the receiver answers and halves when it
//! doesn't, as TCP does with a path (RFC 5681 §3.1). Windows alone would not do: a hundred receivers that hang need no large ones to
//! hold every slot there is. So those whose last answer was no good, came late, or that nobody has heard yet are in doubt, and all that are in
//! doubt share slots of their own. Who answered until now and falls silent with jobs under way is in doubt after a second, and what it holds
//! is counted there from then on: a hundred that hang at the same moment, each with the window it had earned, hold nobody up for as long
//! as a call may take. Whoever answers promptly always finds a slot.

use std::collections::HashMap;

use sealpost_store::OrgId;

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
/// After so many [ticks](Lanes::tick) without a word a receiver with something under way is in doubt.
const SILENT: u8 = 4;
/// Lanes remembered although nothing is under way in them.
const REMEMBERED: usize = 20_000;

/// All lanes and what is known of them.
pub(super) struct Lanes {
    known: HashMap<Lane, Standing>,
    doubtful: usize,
    most_doubtful: usize,
}

struct Standing {
    org: OrgId,
    under_way: u16,
    /// How many of those are counted among what is in doubt.
    in_doubt: u16,
    window: u16,
    answers: bool,
    /// Ticks since it was heard, or since something began while nothing was under way.
    silent: u8,
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
    /// With so many slots for whoever is in doubt.
    pub(super) fn new(most_doubtful: usize) -> Self {
        Self { known: HashMap::new(), doubtful: 0, most_doubtful: most_doubtful.max(1) }
    }

    /// May another job begin?
    pub(super) fn may(&self, lane: Lane) -> May {
        let standing = self.known.get(&lane);
        if standing.is_some_and(|standing| standing.under_way >= standing.window) {
            May::AfterItsOwn
        } else if standing.is_some_and(|standing| standing.answers) || self.doubtful < self.most_doubtful {
            May::Begin
        } else {
            May::AfterDoubt
        }
    }

    pub(super) fn begin(&mut self, org: OrgId, lane: Lane) -> Begun {
        if self.known.len() >= REMEMBERED {
            self.known.retain(|_, standing| standing.under_way > 0);
        }
        let new = Standing { org, under_way: 0, in_doubt: 0, window: FIRST, answers: false, silent: 0 };
        let standing = self.known.entry(lane).or_insert(new);
        if standing.under_way == 0 {
            standing.silent = 0;
        }
        standing.under_way += 1;
        let in_doubt = !standing.answers;
        standing.in_doubt += u16::from(in_doubt);
        self.doubtful += usize::from(in_doubt);
        Begun { lane, in_doubt }
    }

    /// A job has ended; answers whether it was counted among what is in doubt.
    pub(super) fn ended(&mut self, begun: Begun, went: &Went) -> bool {
        let Some(standing) = self.known.get_mut(&begun.lane) else { return begun.in_doubt };
        // Of those that began before the receiver fell silent it doesn't matter which is which.
        let in_doubt = standing.in_doubt > 0 && (begun.in_doubt || standing.in_doubt == standing.under_way);
        standing.in_doubt -= u16::from(in_doubt);
        self.doubtful -= usize::from(in_doubt);
        // Only who uses a window has shown that it is good for a larger one (RFC 7661).
        let grown = if standing.under_way >= standing.window { standing.window + 1 } else { standing.window };
        (standing.under_way, standing.silent) = (standing.under_way - 1, 0);
        match went {
            Went::Well => (standing.answers, standing.window) = (true, grown.min(LARGEST)),
            Went::Slowly => (standing.answers, standing.window) = (false, grown.min(LARGEST)),
            Went::Badly => (standing.answers, standing.window) = (false, (standing.window / 2).max(1)),
            Went::Moot | Went::Wait(_) => {}
        }
        in_doubt
    }

    /// To be told four times a second. Answers whose jobs, and how many, are among what is in doubt from now on, because their receiver has
    /// fallen silent.
    pub(super) fn tick(&mut self) -> Vec<(OrgId, usize)> {
        let mut moved = Vec::new();
        for standing in self.known.values_mut().filter(|standing| standing.under_way > 0) {
            standing.silent = standing.silent.saturating_add(1);
            let answering = standing.under_way - standing.in_doubt;
            if standing.silent >= SILENT && answering > 0 {
                (standing.answers, standing.in_doubt) = (false, standing.under_way);
                self.doubtful += usize::from(answering);
                moved.push((standing.org, usize::from(answering)));
            }
        }
        moved
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

    const ORG: OrgId = OrgId::from_bytes([9; 16]);

    fn fill(lanes: &mut Lanes, n: u8) -> Vec<Begun> {
        let mut begun = Vec::new();
        while lanes.may(lane(n)) == May::Begin {
            begun.push(lanes.begin(ORG, lane(n)));
        }
        begun
    }

    fn end(lanes: &mut Lanes, begun: impl IntoIterator<Item = Begun>, went: &Went) {
        for begun in begun {
            lanes.ended(begun, went);
        }
    }

    #[test]
    fn a_window_grows_while_it_is_used_and_answered_and_halves_when_not() {
        let mut lanes = Lanes::new(1_000);
        let mut sizes = Vec::new();
        for _ in 0..8 {
            let begun = fill(&mut lanes, 1);
            sizes.push(begun.len());
            end(&mut lanes, begun, &Went::Well);
        }
        assert!(sizes.is_sorted() && sizes[0] == 2 && sizes[7] > 4, "{sizes:?}");
        let one = lanes.begin(ORG, lane(1));
        end(&mut lanes, [one], &Went::Badly);
        assert_eq!(fill(&mut lanes, 1).len(), usize::from(lanes.known[&lane(1)].window));
        assert!(usize::from(lanes.known[&lane(1)].window) <= sizes[7] / 2 + 1);
    }

    #[test]
    fn who_is_called_now_and_then_keeps_a_small_window() {
        let mut lanes = Lanes::new(1_000);
        for _ in 0..100 {
            let begun = lanes.begin(ORG, lane(1));
            end(&mut lanes, [begun], &Went::Well);
        }
        assert_eq!(fill(&mut lanes, 1).len(), usize::from(FIRST));
    }

    #[test]
    fn all_that_are_in_doubt_have_so_many_and_those_that_answer_find_theirs() {
        let mut lanes = Lanes::new(50);
        let begun = lanes.begin(ORG, lane(0));
        end(&mut lanes, [begun], &Went::Well);
        let held: usize = (1..=200).map(|n| fill(&mut lanes, n).len()).sum();
        assert_eq!(held, 50);
        assert_eq!(lanes.may(lane(201)), May::AfterDoubt);
        assert_eq!(fill(&mut lanes, 0).len(), 2);
    }

    #[test]
    fn a_slow_receiver_may_have_many_and_stays_in_doubt() {
        let mut lanes = Lanes::new(1_000);
        for _ in 0..20 {
            let begun = fill(&mut lanes, 1);
            end(&mut lanes, begun, &Went::Slowly);
        }
        let begun = fill(&mut lanes, 1);
        assert!(begun.len() > 10 && begun.iter().all(Begun::in_doubt));
    }

    #[test]
    fn who_falls_silent_is_in_doubt_after_a_second_with_all_it_holds() {
        let mut lanes = Lanes::new(1);
        for _ in 0..3 {
            let begun = lanes.begin(ORG, lane(1));
            end(&mut lanes, [begun], &Went::Well);
        }
        let held = fill(&mut lanes, 1);
        let moved: Vec<_> = (0..SILENT).map(|_| lanes.tick()).collect();
        assert!(moved[..3].iter().all(Vec::is_empty));
        assert_eq!((&moved[3][..], lanes.doubtful), (&[(ORG, held.len())][..], held.len()));
        // What it holds is counted once, fills what there is for doubt, and is given back in full.
        assert!(lanes.tick().is_empty());
        assert_eq!(lanes.may(lane(2)), May::AfterDoubt);
        assert!(held.into_iter().all(|begun| lanes.ended(begun, &Went::Badly)));
        assert_eq!((lanes.doubtful, lanes.may(lane(2))), (0, May::Begin));
    }

    #[test]
    fn who_is_heard_now_and_then_is_not_silent() {
        let mut lanes = Lanes::new(1);
        let begun = lanes.begin(ORG, lane(1));
        end(&mut lanes, [begun], &Went::Well);
        let mut long = vec![lanes.begin(ORG, lane(1))];
        for _ in 0..20 {
            let short = lanes.begin(ORG, lane(1));
            assert!(lanes.tick().is_empty());
            end(&mut lanes, [short], &Went::Well);
        }
        assert!(!lanes.ended(long.remove(0), &Went::Well));
        assert_eq!(lanes.doubtful, 0);
    }
}
