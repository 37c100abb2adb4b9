//! Which step is tried first, and which next.

use schemars::JsonSchema;
use sealpost_egress::smtp::{EnhancedStatus, Outcome, Reply, Stage};
use sealpost_seal::key::sha256;
use sealpost_store::{ChannelId, MessageId};
use serde::Serialize;

use super::model::{Answer, OnUnknown, Plan, RouteRefusal, Step, Strategy, Tried};
use crate::deliveries::RETRIES;

/// The most steps of a route.
pub(super) const MOST_STEPS: usize = 8;
/// The largest share.
const MOST_SHARE: u32 = 1_000;
/// How long a step may be given, in seconds.
const WITHIN_S: std::ops::RangeInclusive<u32> = 5..=600;

/// Whether a route can be so.
pub(super) fn check(plan: &Plan) -> Result<(), RouteRefusal> {
    let wrong = |at: String, code| Err(RouteRefusal::Plan { at, code });
    let least = match plan.strategy {
        Strategy::FailOver => 1,
        Strategy::RoundRobin | Strategy::Weighted => 2,
    };
    if plan.steps.len() < least {
        return wrong("/steps".into(), "too_few");
    }
    if plan.steps.len() > MOST_STEPS {
        return wrong("/steps".into(), "too_many");
    }
    for (at, step) in plan.steps.iter().enumerate() {
        if plan.steps.iter().take(at).any(|other| other.channel == step.channel) {
            return wrong(format!("/steps/{at}/channel_id"), "twice");
        }
        match (plan.strategy, step.share) {
            (Strategy::Weighted, None) => return wrong(format!("/steps/{at}/share"), "field_missing"),
            (Strategy::Weighted, Some(share)) if !(1..=MOST_SHARE).contains(&share) => {
                return wrong(format!("/steps/{at}/share"), "out_of_range");
            }
            (Strategy::FailOver | Strategy::RoundRobin, Some(_)) => {
                return wrong(format!("/steps/{at}/share"), "not_weighted");
            }
            _ => {}
        }
        if step.accepted_within_s.is_some_and(|within| !WITHIN_S.contains(&within)) {
            return wrong(format!("/steps/{at}/accepted_within_s"), "out_of_range");
        }
    }
    Ok(())
}

/// In which order a message goes along the steps: their numbers, each once. `turn` is whose turn it is in a ring; of a message that has
/// begun, the step it began with.
pub(crate) fn order(plan: &Plan, message: MessageId, turn: u32) -> Vec<u32> {
    let count = u32::try_from(plan.steps.len()).unwrap_or(u32::MAX);
    match plan.strategy {
        Strategy::FailOver => (0..count).collect(),
        Strategy::RoundRobin => (0..count).map(|at| at.wrapping_add(turn % count.max(1)) % count).collect(),
        Strategy::Weighted => drawn(plan, message),
    }
}

/// Draws steps by their shares, one after the other, by the message's id: whoever asks again gets the same, and what a channel that is
/// down leaves is spread over the others by theirs.
fn drawn(plan: &Plan, message: MessageId) -> Vec<u32> {
    let mut left: Vec<(u32, u64)> =
        (0..).zip(&plan.steps).map(|(at, step)| (at, u64::from(step.share.unwrap_or(1).max(1)))).collect();
    let mut order = Vec::with_capacity(left.len());
    for draw in 0_u8.. {
        let whole: u64 = left.iter().map(|(_, share)| share).sum();
        if whole == 0 {
            break;
        }
        let [a, b, c, d, e, f, g, h, ..] = sha256(&[b"sealpost route v1\0", &message.bytes(), &[draw]]);
        // Shares are small: what 2^64 leaves over is nothing.
        let mut point = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % whole;
        let at = left.iter().position(|(_, share)| match point.checked_sub(*share) {
            Some(rest) => {
                point = rest;
                false
            }
            None => true,
        });
        order.push(left.remove(at.unwrap_or_default()).0);
    }
    order
}

/// What comes next for a message on its route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// This step is tried, so many milliseconds after what came before.
    Try { step: u32, round: u32, wait_ms: i64 },
    /// A channel has taken it.
    Sent,
    /// Nobody will try again; why, as a code.
    Failed(&'static str),
    /// Whether it was sent is not known, and it is not to be sent twice.
    Unknown,
}

/// What comes after `tried`, oldest first, for a message that goes along the steps in `order`.
///
/// Every step is tried once; if any of them said that it may later, all that may are tried again: round by round, `waits` apart, and no
/// more rounds than those. `repeatable` says whether the message may be sent again although nobody knows whether it was.
pub(crate) fn next(on_unknown: OnUnknown, order: &[u32], tried: &[Tried], repeatable: bool, waits: &[i64]) -> Next {
    let Some(last) = tried.last() else { return first(order, tried, 0, 0) };
    match (last.answer, on_unknown) {
        (Answer::Accepted, _) => Next::Sent,
        (Answer::Undeliverable, _) => Next::Failed("rejected"),
        (Answer::Unknown, _) if !repeatable => Next::Unknown,
        (Answer::Unknown, OnUnknown::Same) => match wait(waits, last.round) {
            Some(wait_ms) => Next::Try { step: last.step, round: last.round.saturating_add(1), wait_ms },
            None => Next::Unknown,
        },
        (Answer::Unknown, OnUnknown::Next) | (Answer::Refused | Answer::Later, _) => {
            match first(order, tried, last.round, 0) {
                Next::Failed(_) | Next::Unknown => another_round(order, tried, last.round, waits),
                next => next,
            }
        }
    }
}

fn another_round(order: &[u32], tried: &[Tried], round: u32, waits: &[i64]) -> Next {
    match wait(waits, round) {
        Some(wait_ms) => first(order, tried, round.saturating_add(1), wait_ms),
        None => end(tried),
    }
}

/// How long after this round the next one begins, if there is one.
fn wait(waits: &[i64], round: u32) -> Option<i64> {
    waits.get(usize::try_from(round).ok()?.checked_add(1)?).copied()
}

/// The first step that wasn't tried in this round, of those that may take the message at all.
fn first(order: &[u32], tried: &[Tried], round: u32, wait_ms: i64) -> Next {
    let may = |step: &u32| {
        !tried.iter().any(|one| one.step == *step && (one.round == round || one.answer == Answer::Refused))
    };
    match order.iter().copied().find(may) {
        Some(step) => Next::Try { step, round, wait_ms },
        None => end(tried),
    }
}

/// The end of a route that nobody took the message on. If one of them may have, that is what is known of it.
fn end(tried: &[Tried]) -> Next {
    match tried.iter().any(|one| one.answer == Answer::Unknown) {
        true => Next::Unknown,
        false => Next::Failed("route_exhausted"),
    }
}

/// What a relay's outcome means for a route.
pub(crate) fn answer(outcome: &Outcome) -> Answer {
    match outcome {
        Outcome::Accepted { .. } => Answer::Accepted,
        Outcome::Deferred(_) => Answer::Later,
        Outcome::Unknown => Answer::Unknown,
        Outcome::Rejected { stage, reply } if is_about_the_recipient(*stage, *reply) => Answer::Undeliverable,
        Outcome::Rejected { .. } => Answer::Refused,
    }
}

/// Whether a permanent refusal is about who the message is for, which no other channel cures: the address (RFC 3463 §3.2, X.1, but for
/// X.1.7 and X.1.8, which are about the sender's) or the mailbox (§3.3, X.2). Where a relay gives no such status, what it said to the
/// recipient is taken to be about them, but for 554, which refuses whoever asks as well (RFC 5321 §4.2.3).
fn is_about_the_recipient(stage: Stage, reply: Reply) -> bool {
    match reply.enhanced {
        Some(EnhancedStatus { subject: 1, detail: 7 | 8, .. }) => false,
        Some(EnhancedStatus { subject: 1 | 2, .. }) => true,
        Some(_) => false,
        None => stage == Stage::Recipient && reply.code != 554,
    }
}

/// An attempt that would be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RouteTrialAttempt")]
pub(super) struct Went {
    /// Which step, from 1.
    pub(super) step: u32,
    /// In which round, from 1.
    pub(super) round: u32,
    /// Through which channel.
    pub(super) channel_id: ChannelId,
    /// How long after the attempt before it, in milliseconds.
    pub(super) after_ms: i64,
    /// What came of it.
    pub(super) answer: Answer,
}

/// How a route would end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RouteTrialEnd")]
pub(super) struct End {
    /// `sent`, `failed` or `unknown`.
    pub(super) state: &'static str,
    /// Why, as a code, where it failed.
    pub(super) reason: Option<&'static str>,
}

/// What would happen to a message, channels answering so.
pub(super) fn walk(
    plan: &Plan,
    order: &[u32],
    repeatable: bool,
    says: impl Fn(ChannelId) -> Answer,
) -> (Vec<Went>, End) {
    let (mut tried, mut went) = (Vec::new(), Vec::new());
    loop {
        let (state, reason) = match next(plan.on_unknown, order, &tried, repeatable, &RETRIES) {
            Next::Try { step, round, wait_ms } => match plan.steps.get(step as usize) {
                Some(at) => {
                    let answer = says(at.channel);
                    tried.push(Tried { step, round, answer });
                    let (step, round) = (step.saturating_add(1), round.saturating_add(1));
                    went.push(Went { step, round, channel_id: at.channel, after_ms: wait_ms, answer });
                    continue;
                }
                None => ("failed", Some("route_exhausted")),
            },
            Next::Sent => ("sent", None),
            Next::Failed(reason) => ("failed", Some(reason)),
            Next::Unknown => ("unknown", None),
        };
        return (went, End { state, reason });
    }
}

/// Something that is different between two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RouteChange")]
pub(crate) struct Change {
    /// Where: `strategy`, `on_unknown`, `steps/1`.
    pub(super) at: String,
    /// What it was; nothing if there was none.
    pub(super) from: Option<String>,
    /// What it is; nothing if there is none any more.
    pub(super) to: Option<String>,
}

/// What is different between two versions, in words.
pub(super) fn changes(before: &Plan, after: &Plan) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut compare = |at: String, from: Option<String>, to: Option<String>| {
        if from != to {
            changes.push(Change { at, from, to });
        }
    };
    let strategy = |plan: &Plan| Some(plan.strategy.as_str().to_owned());
    compare("strategy".into(), strategy(before), strategy(after));
    let on_unknown = |plan: &Plan| Some(plan.on_unknown.as_str().to_owned());
    compare("on_unknown".into(), on_unknown(before), on_unknown(after));
    for at in 0..before.steps.len().max(after.steps.len()) {
        let said = |plan: &Plan| plan.steps.get(at).map(said);
        compare(format!("steps/{at}"), said(before), said(after));
    }
    changes
}

/// A step in words.
fn said(step: &Step) -> String {
    let mut said = step.channel.to_string();
    if let Some(share) = step.share {
        said.push_str(&format!(", share {share}"));
    }
    if let Some(within) = step.accepted_within_s {
        said.push_str(&format!(", accepted within {within} s"));
    }
    said
}
