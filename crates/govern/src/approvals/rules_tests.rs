//! Whatever people do in whatever order: what goes live is what was approved, by enough others, while it stood still.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sealpost_store::{MemberId, Time};

use super::digest::Digest;
use super::model::{Module, State, Tied};
use super::rules::{ALONE_MS, LIFETIME_MS, Now, Pinned, Refused, Request};

/// Who asks; the others may agree.
const ASKER: u8 = 0;
const PEOPLE: u8 = 4;

fn member(person: u8) -> MemberId {
    MemberId::from_bytes([person; 16])
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Edit(u8),
    /// With the digest of now, or of what was there before the last change.
    Approve(u8, bool),
    Reject(u8),
    Cancel(u8),
    Emergency(u8, bool),
    Promote,
    /// Somebody changes what it is about, by another way.
    Move,
    /// Somebody rolls back what it is about: it says again what it said when it was asked for.
    RollBack,
    /// Somebody changes the rules: from now on so many have to agree.
    Rule(u8),
    /// May vote, and act in an emergency, no more; or again.
    Turn(u8),
    /// Wrote it, as it turns out; or would have it.
    Tie(u8, bool),
    Wait(i64),
}

/// A world in which people act on one request, and what a bystander knows of it without looking at the rules.
#[derive(Clone, PartialEq)]
struct World {
    request: Request,
    at: i64,
    /// What it is about has said, first to last: its version is how often that is.
    said: Vec<u64>,
    /// Whether anything was moved since it was asked for, and be it back to what it was.
    moved: bool,
    policy: u64,
    needed: u8,
    able: BTreeSet<u8>,
    /// Who wrote it, and who would have it, as far as anybody has ever known.
    wrote: BTreeSet<u8>,
    would_have: BTreeSet<u8>,
    /// How often the content was changed: what it says.
    content: u64,
    before: Option<Digest>,
    agreed: BTreeMap<[u8; 32], BTreeSet<u8>>,
    emergency: BTreeMap<[u8; 32], BTreeSet<u8>>,
    refused: BTreeSet<[u8; 32]>,
    cancelled: bool,
    went_live: u32,
}

impl World {
    fn new(needed: u8) -> Self {
        let mut world = Self {
            request: asked(vec![]),
            at: 0,
            said: vec![0],
            moved: false,
            policy: 1,
            needed,
            able: (0..PEOPLE).collect(),
            wrote: BTreeSet::new(),
            would_have: BTreeSet::new(),
            content: 0,
            before: None,
            agreed: BTreeMap::new(),
            emergency: BTreeMap::new(),
            refused: BTreeSet::new(),
            cancelled: false,
            went_live: 0,
        };
        world.request.state = State::Pending;
        world
    }

    /// The version of what it is about.
    fn live(&self) -> u64 {
        self.said.len() as u64
    }

    fn act(&mut self, act: Act) {
        let voters: Vec<_> = self.able.iter().copied().map(member).collect();
        let tied: Vec<_> = self.tied();
        let now = Now {
            at: Time::from_unix_ms(self.at),
            live: self.live(),
            policy: self.policy,
            needed: self.needed.into(),
            voters: &voters,
            managers: &voters,
            tied: &tied,
        };
        let (request, pinned_now) = (self.request.clone(), self.request.pinned.digest);
        let of =
            |old: bool, before: Option<Digest>| if old { before.unwrap_or(Digest([0xff; 32])) } else { pinned_now };
        let votes = request.votes.len();
        let next = match act {
            Act::Edit(by) => {
                let next =
                    request.edit(member(by), pinned(self.content + 1, self.live(), self.policy), self.tied(), now.at);
                if next.is_ok() {
                    (self.content, self.moved) = (self.content + 1, false);
                    self.before = Some(pinned_now);
                }
                next
            }
            Act::Approve(by, old) => {
                let next = request.approve(member(by), of(old, self.before), &now);
                if next.as_ref().is_ok_and(|next| next.votes.len() > votes) {
                    assert!(!old, "a vote about something else counts");
                    self.agreed.entry(pinned_now.0).or_default().insert(by);
                }
                next
            }
            Act::Emergency(by, old) => {
                let next = request.emergency(member(by), of(old, self.before), &now);
                if next.as_ref().is_ok_and(|next| next.votes.len() > votes) {
                    assert!(!old, "a vote about something else counts");
                    self.emergency.entry(pinned_now.0).or_default().insert(by);
                }
                next
            }
            Act::Reject(by) => {
                let next = request.reject(member(by), pinned_now, &now);
                if next.is_ok() {
                    assert!(by != ASKER && !self.wrote.contains(&by) && !self.would_have.contains(&by));
                    self.refused.insert(pinned_now.0);
                }
                next
            }
            Act::Cancel(by) => {
                let next = request.cancel(member(by), now.at);
                self.cancelled |= next.is_ok();
                next
            }
            Act::Promote => request.promote(&now),
            Act::Move => {
                self.said.push(self.live());
                self.moved = true;
                return;
            }
            Act::RollBack => {
                self.said.push(0);
                self.moved = true;
                return;
            }
            Act::Rule(needed) => {
                (self.policy, self.needed, self.moved) = (self.policy + 1, needed, true);
                return;
            }
            Act::Turn(person) => {
                if !self.able.remove(&person) {
                    self.able.insert(person);
                }
                return;
            }
            Act::Tie(person, wrote) => {
                if wrote { &mut self.wrote } else { &mut self.would_have }.insert(person);
                return;
            }
            Act::Wait(hours) => {
                self.at += hours * 3_600_000;
                return;
            }
        };
        let Ok(next) = next else { return };
        assert_ne!(self.request.state, State::Live, "nothing becomes of what is live: {act:?}");
        if next.state == State::Live {
            assert!(matches!(act, Act::Promote));
            self.judge();
            self.went_live += 1;
        }
        self.request = next;
    }

    fn tied(&self) -> Vec<Tied> {
        let wrote = self.wrote.iter().map(|one| Tied::author(member(*one)));
        wrote.chain(self.would_have.iter().map(|one| Tied::beneficiary(member(*one)))).collect()
    }

    /// Whether it may go live now, by what a bystander has seen.
    fn judge(&self) {
        let digest = self.request.pinned.digest;
        assert_eq!(
            digest,
            pinned(self.content, self.live(), self.policy).digest,
            "what goes live is not what was voted on"
        );
        assert!(!self.moved, "it says again what it said, and that is not that nothing has happened");
        let able = |of: &BTreeMap<[u8; 32], BTreeSet<u8>>| -> BTreeSet<u8> {
            of.get(&digest.0).into_iter().flatten().copied().filter(|one| self.able.contains(one)).collect()
        };
        let agreed = able(&self.agreed);
        let is_free = |one: &u8| *one != ASKER && !self.wrote.contains(one) && !self.would_have.contains(one);
        let others = agreed.iter().filter(|one| is_free(one)).count();
        let waited = self.at - self.request.changed_at.unix_ms();
        let alone = self.able == BTreeSet::from([ASKER])
            && agreed.contains(&ASKER)
            && waited >= ALONE_MS
            && !self.would_have.contains(&ASKER);
        let two = able(&self.emergency).difference(&self.would_have).count() >= 2;
        let granted = others >= usize::from(self.needed) || two || alone;
        assert!(granted, "{others} of {} have agreed", self.needed);
        assert!(waited < LIFETIME_MS, "it was over");
        assert!(!self.refused.contains(&digest.0), "somebody said no");
        assert!(!self.cancelled && self.went_live == 0);
    }
}

/// A request that was just made.
fn asked(tied: Vec<Tied>) -> Request {
    Request::new(member(ASKER), pinned(0, 1, 1), tied, Time::from_unix_ms(0))
}

fn pinned(content: u64, live: u64, policy: u64) -> Pinned {
    Pinned { digest: Digest::of(Module::Masking, None, &content.to_be_bytes(), live, policy), live, policy }
}

fn act() -> impl Strategy<Value = Act> {
    let person = 0..PEOPLE;
    prop_oneof![
        2 => person.clone().prop_map(Act::Edit),
        6 => (person.clone(), prop::bool::weighted(0.2)).prop_map(|(by, old)| Act::Approve(by, old)),
        1 => person.clone().prop_map(Act::Reject),
        1 => person.clone().prop_map(Act::Cancel),
        2 => (person.clone(), prop::bool::weighted(0.2)).prop_map(|(by, old)| Act::Emergency(by, old)),
        4 => Just(Act::Promote),
        1 => Just(Act::Move),
        1 => Just(Act::RollBack),
        1 => (1..4_u8).prop_map(Act::Rule),
        2 => person.clone().prop_map(Act::Turn),
        1 => (person, any::<bool>()).prop_map(|(by, wrote)| Act::Tie(by, wrote)),
        2 => (1..40_i64).prop_map(Act::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_goes_live_was_approved_whatever_happens_in_between(needed in 1..4_u8, acts in prop::collection::vec(act(), 1..40)) {
        let mut world = World::new(needed);
        for act in acts {
            world.act(act);
        }
    }
}

/// Every order of five acts out of these, with one and with two who have to agree: nothing is left to chance.
#[test]
fn no_interleaving_of_a_few_acts_takes_anything_live_that_was_not_approved() {
    let acts = [
        Act::Edit(ASKER),
        Act::Approve(ASKER, false),
        Act::Approve(1, false),
        Act::Approve(2, false),
        Act::Approve(1, true),
        Act::Emergency(ASKER, false),
        Act::Emergency(1, false),
        Act::Reject(2),
        Act::Cancel(ASKER),
        Act::Promote,
        Act::Move,
        Act::RollBack,
        Act::Rule(1),
        Act::Tie(1, true),
        Act::Tie(ASKER, false),
        Act::Wait(73),
    ];
    let live = [1, 2].map(|needed| explore(&World::new(needed), &acts, 5)).iter().sum::<u32>();
    assert!(live > 100, "{live} that went live prove nothing");
}

/// Acts in every order up to this depth; answers how many worlds went live. `act` judges each that does.
fn explore(world: &World, acts: &[Act], depth: u32) -> u32 {
    if depth == 0 || matches!(world.request.state, State::Live | State::Rejected | State::Cancelled) {
        return world.went_live;
    }
    let after = |act: &Act| {
        let mut next = world.clone();
        next.act(*act);
        // What was refused has led nowhere: whatever follows is looked at one act earlier.
        if next == *world { 0 } else { explore(&next, acts, depth - 1) }
    };
    acts.iter().map(after).sum()
}

fn now<'a>(at: i64, voters: &'a [MemberId]) -> Now<'a> {
    Now { at: Time::from_unix_ms(at), live: 1, policy: 1, needed: 1, voters, managers: voters, tied: &[] }
}

#[test]
fn whoever_is_alone_waits_a_day_and_nobody_else_does() {
    let (asked, only) = (asked(vec![]), [member(ASKER)]);
    let (digest, both) = (asked.pinned.digest, [member(ASKER), member(1)]);
    let approve = |at, voters: &[MemberId]| asked.clone().approve(member(ASKER), digest, &now(at, voters));
    assert_eq!(approve(ALONE_MS - 1, &only), Err(Refused::TooEarly(Time::from_unix_ms(ALONE_MS))));
    assert_eq!(approve(ALONE_MS, &only).map(|next| next.state), Ok(State::Approved));
    assert_eq!(approve(ALONE_MS, &both), Err(Refused::Own));
    // Somebody has come who could have been asked.
    let alone = approve(ALONE_MS, &only).unwrap();
    assert_eq!(alone.promote(&now(ALONE_MS, &both)), Err(Refused::TooFew));
}

#[test]
fn a_vote_of_somebody_who_may_not_any_more_does_not_count() {
    let (asked, both) = (asked(vec![]), [member(1), member(2)]);
    let digest = asked.pinned.digest;
    let approved = asked.approve(member(1), digest, &now(1, &both)).unwrap();
    assert_eq!(approved.state, State::Approved);
    assert_eq!(approved.clone().promote(&now(2, &[member(2)])), Err(Refused::TooFew));
    assert_eq!(approved.promote(&now(2, &both)).map(|next| next.state), Ok(State::Live));
}

#[test]
fn what_is_over_is_over_before_anybody_writes_it_down() {
    let asked = asked(vec![]);
    let (digest, voters) = (asked.pinned.digest, [member(1)]);
    assert_eq!(asked.clone().expire(Time::from_unix_ms(LIFETIME_MS - 1)), None);
    let late = asked.clone().approve(member(1), digest, &now(LIFETIME_MS, &voters));
    assert_eq!(late, Err(Refused::Over(State::Expired)));
    assert_eq!(asked.expire(Time::from_unix_ms(LIFETIME_MS)).map(|next| next.state), Some(State::Expired));
}

#[test]
fn whoever_wrote_it_or_would_have_it_never_votes_on_it() {
    let voters = [member(1), member(2), member(3)];
    let asked = asked(vec![Tied::author(member(1)), Tied::beneficiary(member(2))]);
    let (digest, now) = (asked.pinned.digest, now(1, &voters));
    for tied in [member(1), member(2)] {
        assert_eq!(asked.clone().approve(tied, digest, &now), Err(Refused::Tied));
        assert_eq!(asked.clone().reject(tied, digest, &now), Err(Refused::Tied));
    }
    // In an emergency whoever wrote it is as good as whoever asked: one of two.
    assert!(asked.clone().emergency(member(1), digest, &now).is_ok());
    assert_eq!(asked.clone().emergency(member(2), digest, &now), Err(Refused::Tied));
    // What is asked anew holds, too, also for a vote that was cast before anybody knew.
    let approved = asked.approve(member(3), digest, &now).unwrap();
    assert_eq!(approved.state, State::Approved);
    let found_out = [Tied::author(member(3))];
    assert_eq!(approved.promote(&Now { tied: &found_out, ..now }), Err(Refused::TooFew));
}

#[test]
fn nobody_is_alone_because_others_wrote_it() {
    let voters = [member(ASKER), member(1)];
    let asked = asked(vec![Tied::author(member(ASKER)), Tied::author(member(1))]);
    let (digest, day_later) = (asked.pinned.digest, now(ALONE_MS, &voters));
    assert_eq!(asked.clone().approve(member(ASKER), digest, &day_later), Err(Refused::Own));
    assert_eq!(asked.approve(member(1), digest, &day_later), Err(Refused::Tied));
}
