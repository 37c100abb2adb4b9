//! What may become of a request, decided without any I/O.
//!
//! A request is a value; every act makes the next one of it or says why not. Whatever goes live was granted under the digest that is
//! pinned now, by enough people other than whoever asked, while what it was asked about stood still.

use sealpost_store::{MemberId, Time};

use super::digest::Digest;
use super::model::{Says, State, Tie, Tied, Vote};

/// How long a request waits: three days from when it was asked for or changed last.
pub(super) const LIFETIME_MS: i64 = 72 * 3_600_000;
/// How long somebody waits who has nobody to ask, before they may approve what they asked for.
pub(super) const ALONE_MS: i64 = 24 * 3_600_000;
/// How many people an emergency takes.
const EMERGENCY: usize = 2;

/// What a request is pinned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pinned {
    /// Of the content and everything below.
    pub(super) digest: Digest,
    /// The version of what it changes.
    pub(super) live: u64,
    /// The version of the rules about approvals.
    pub(super) policy: u64,
}

/// A request, as far as rules know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) asker: MemberId,
    pub(super) pinned: Pinned,
    pub(super) state: State,
    /// When it was asked for, or changed last.
    pub(super) changed_at: Time,
    pub(super) expires_at: Time,
    pub(super) votes: Vec<Vote>,
    /// Who never votes on what is pinned.
    pub(super) tied: Vec<Tied>,
}

/// How things stand when somebody acts.
#[derive(Clone, Debug)]
pub(super) struct Now<'a> {
    pub(super) at: Time,
    /// The version of what it changes.
    pub(super) live: u64,
    /// The version of the rules about approvals.
    pub(super) policy: u64,
    /// How many have to agree.
    pub(super) needed: usize,
    /// Whose votes count at present.
    pub(super) voters: &'a [MemberId],
    /// Who may act in an emergency at present.
    pub(super) managers: &'a [MemberId],
    /// Who never votes on it, as it would be asked for at present.
    pub(super) tied: &'a [Tied],
}

/// Why nothing becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It has come to this end.
    Over(State),
    /// It isn't what was looked at.
    Changed,
    /// Whoever asked doesn't vote.
    Own,
    /// Whoever wrote it, or would have it, doesn't either.
    Tied,
    /// Whoever is alone waits until then.
    TooEarly(Time),
    /// Their vote doesn't count here.
    NotAsked,
    /// They have voted so.
    Voted,
    /// Only whoever asked may.
    NotYours,
    /// Too few have agreed, or some of them may not any more.
    TooFew,
}

impl Request {
    /// A request that was just made.
    pub(super) fn new(asker: MemberId, pinned: Pinned, tied: Vec<Tied>, at: Time) -> Self {
        let expires_at = at.plus_ms(LIFETIME_MS);
        Self { asker, pinned, state: State::Pending, changed_at: at, expires_at, votes: Vec::new(), tied }
    }

    /// How it stands: what nobody wrote down yet is over all the same.
    pub(super) fn state_at(&self, at: Time) -> State {
        match self.state {
            State::Pending | State::Approved if self.expires_at <= at => State::Expired,
            state => state,
        }
    }

    /// Somebody agrees with what this digest pins. A request whose ground has moved ends in a conflict instead.
    pub(super) fn approve(self, by: MemberId, digest: Digest, now: &Now<'_>) -> Result<Self, Refused> {
        self.looked_at(digest, now)?;
        if !now.voters.contains(&by) {
            return Err(if by == self.asker { Refused::Own } else { Refused::NotAsked });
        }
        if self.is_tied(by, now) {
            return Err(Refused::Tied);
        }
        if by == self.asker {
            if !self.is_alone(now) {
                return Err(Refused::Own);
            }
            let from = self.changed_at.plus_ms(ALONE_MS);
            if now.at < from {
                return Err(Refused::TooEarly(from));
            }
        }
        self.say(by, Says::Approve, now)
    }

    /// Somebody acts for all, with a second person. Whoever asked or wrote it may be one of the two; whoever would have it may not.
    pub(super) fn emergency(self, by: MemberId, digest: Digest, now: &Now<'_>) -> Result<Self, Refused> {
        self.looked_at(digest, now)?;
        if !now.managers.contains(&by) {
            return Err(Refused::NotAsked);
        }
        if self.has(by, now, Tie::Beneficiary) {
            return Err(Refused::Tied);
        }
        self.say(by, Says::Emergency, now)
    }

    /// Somebody says no: one is enough.
    pub(super) fn reject(mut self, by: MemberId, digest: Digest, now: &Now<'_>) -> Result<Self, Refused> {
        self.looked_at(digest, now)?;
        if by == self.asker {
            return Err(Refused::Own);
        }
        if !now.voters.contains(&by) {
            return Err(Refused::NotAsked);
        }
        if self.is_tied(by, now) {
            return Err(Refused::Tied);
        }
        self.votes.push(Vote { voter: by, says: Says::Reject, digest: self.pinned.digest });
        self.state = State::Rejected;
        Ok(self)
    }

    /// Whoever asked doesn't want it any more.
    pub(super) fn cancel(mut self, by: MemberId, at: Time) -> Result<Self, Refused> {
        self.is_open(at)?;
        if by != self.asker {
            return Err(Refused::NotYours);
        }
        self.state = State::Cancelled;
        Ok(self)
    }

    /// Whoever asked wants something else, or the same on new ground: nobody has agreed with that.
    pub(super) fn edit(mut self, by: MemberId, pinned: Pinned, tied: Vec<Tied>, at: Time) -> Result<Self, Refused> {
        if self.state != State::Conflict {
            self.is_open(at)?;
        }
        if by != self.asker {
            return Err(Refused::NotYours);
        }
        self = Self::new(by, pinned, tied, at);
        Ok(self)
    }

    /// It goes live, if it was granted and nothing has moved; a conflict, if something has.
    pub(super) fn promote(mut self, now: &Now<'_>) -> Result<Self, Refused> {
        match self.state_at(now.at) {
            State::Approved => {}
            State::Pending => return Err(Refused::TooFew),
            state => return Err(Refused::Over(state)),
        }
        self.state = if self.has_moved(now) {
            State::Conflict
        } else if self.is_granted(now) {
            State::Live
        } else {
            return Err(Refused::TooFew);
        };
        Ok(self)
    }

    /// Its time is over; nothing, if it isn't.
    pub(super) fn expire(mut self, at: Time) -> Option<Self> {
        let over = self.state != State::Expired && self.state_at(at) == State::Expired;
        self.state = State::Expired;
        over.then_some(self)
    }

    /// How many votes count at present.
    pub(super) fn approvals(&self, now: &Now<'_>) -> usize {
        let alone = self.is_alone(now);
        let counts = |vote: &Vote| {
            now.voters.contains(&vote.voter) && !self.is_tied(vote.voter, now) && (vote.voter != self.asker || alone)
        };
        self.saying(Says::Approve, counts)
    }

    /// Whether they never vote on it. Whoever asked is held by that already, and whoever is alone wrote it themselves, too.
    fn is_tied(&self, who: MemberId, now: &Now<'_>) -> bool {
        self.has(who, now, Tie::Beneficiary) || (who != self.asker && self.has(who, now, Tie::Author))
    }

    fn has(&self, member: MemberId, now: &Now<'_>, tie: Tie) -> bool {
        let tied = Tied { member, tie };
        self.tied.contains(&tied) || now.tied.contains(&tied)
    }

    fn is_granted(&self, now: &Now<'_>) -> bool {
        // Whoever is alone is all there are.
        let needed = if self.is_alone(now) { 1 } else { now.needed.max(1) };
        let counts = |vote: &Vote| now.managers.contains(&vote.voter) && !self.has(vote.voter, now, Tie::Beneficiary);
        let emergency = self.saying(Says::Emergency, counts);
        self.approvals(now) >= needed || emergency >= EMERGENCY
    }

    /// People who said so about what is pinned now: each of them once, since nobody says the same twice.
    fn saying(&self, says: Says, counts: impl Fn(&Vote) -> bool) -> usize {
        let pinned = |vote: &&Vote| vote.says == says && vote.digest == self.pinned.digest;
        self.votes.iter().filter(pinned).filter(|vote| counts(vote)).count()
    }

    /// Whether nobody else could agree.
    fn is_alone(&self, now: &Now<'_>) -> bool {
        now.voters.contains(&self.asker) && now.voters.iter().all(|voter| *voter == self.asker)
    }

    fn has_moved(&self, now: &Now<'_>) -> bool {
        (self.pinned.live, self.pinned.policy) != (now.live, now.policy)
    }

    fn is_open(&self, at: Time) -> Result<(), Refused> {
        match self.state_at(at) {
            State::Pending | State::Approved => Ok(()),
            state => Err(Refused::Over(state)),
        }
    }

    fn looked_at(&self, digest: Digest, now: &Now<'_>) -> Result<(), Refused> {
        self.is_open(now.at)?;
        if digest == self.pinned.digest { Ok(()) } else { Err(Refused::Changed) }
    }

    fn say(mut self, by: MemberId, says: Says, now: &Now<'_>) -> Result<Self, Refused> {
        if self.has_moved(now) {
            self.state = State::Conflict;
            return Ok(self);
        }
        let vote = Vote { voter: by, says, digest: self.pinned.digest };
        if self.votes.contains(&vote) {
            return Err(Refused::Voted);
        }
        self.votes.push(vote);
        if self.is_granted(now) {
            self.state = State::Approved;
        }
        Ok(self)
    }
}
