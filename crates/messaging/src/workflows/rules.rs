//! What a run does next: decided from the definition and from what is known, without doing anything.

use std::collections::{BTreeMap, BTreeSet};

use sealpost_store::Time;
use serde_json::{Map, Value};

use super::definition::{Awaited, Branches, Definition, Given, LONGEST_S, Node};
use super::model::{Replied, Step, StepState};
use crate::deliveries::RETRIES;
use crate::messages::State;

/// How often it is looked at least and at most whether a message has arrived that is waited for, in milliseconds.
const LOOKS_MS: (i64, i64) = (1_000, 60_000);

/// What is known when a run is looked at.
pub(super) struct Known<'k> {
    /// `{ "data": …, "answers": … }`.
    pub(super) fields: &'k Value,
    /// What the run was told.
    pub(super) signals: &'k BTreeSet<String>,
    /// Where the messages stand that sends of this run made, by node.
    pub(super) messages: &'k BTreeMap<String, State>,
    /// Whether the contact has replied: [`answering`].
    pub(super) replied: bool,
    /// When that is.
    pub(super) now: Time,
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(super) enum Todo<'d> {
    /// Fire the event of this send.
    Send,
    /// Ask the endpoint of this call, for so many times now.
    Call { attempt: u32 },
    /// Nothing: the node came to this, and the run goes on.
    Became(Became<'d>),
    /// Rest until then.
    Rest(Time),
}

/// What a node came to, and what follows.
#[derive(Debug, PartialEq)]
pub(super) struct Became<'d> {
    pub(super) state: StepState,
    pub(super) detail: Option<&'static str>,
    pub(super) then: Then<'d>,
}

/// What follows.
#[derive(Debug, PartialEq)]
pub(super) enum Then<'d> {
    /// This node.
    Node(&'d str),
    /// The run is done, and came to this.
    Done(Option<&'d str>),
    /// The run has failed.
    Failed(&'static str),
}

fn became<'d>(state: StepState, detail: Option<&'static str>, to: &'d str) -> Became<'d> {
    Became { state, detail, then: Then::Node(to) }
}

fn failed<'d>(state: StepState, code: &'static str) -> Became<'d> {
    Became { state, detail: Some(code), then: Then::Failed(code) }
}

/// What a run at this node does next.
pub(super) fn todo<'d>(node: &'d Node, step: Option<&Step>, known: &Known<'_>) -> Todo<'d> {
    // What somebody wants done once more is as good as new, but for how often it was tried.
    let begun = step.filter(|step| step.state != StepState::Again);
    let since = begun.map_or(known.now, |step| step.started_at);
    match node {
        Node::Send { .. } => Todo::Send,
        Node::Call { attempts, on, .. } => match begun {
            // The process that asked is dead, and took the answer with it.
            Some(Step { state: StepState::Calling, attempt, .. }) if attempt >= attempts => {
                Todo::Became(branch(StepState::Unknown, "call_unknown", on.lost.as_deref()))
            }
            Some(Step { state: StepState::Calling | StepState::Waiting, attempt, .. }) => {
                Todo::Call { attempt: attempt + 1 }
            }
            _ => Todo::Call { attempt: 1 },
        },
        Node::Condition { test, then, otherwise } => Todo::Became(match test.holds(known.fields) {
            true => became(StepState::Done, Some("yes"), then),
            false => became(StepState::Done, Some("no"), otherwise),
        }),
        Node::Delay { seconds, until, next } => {
            let until = match (seconds, until) {
                (Some(seconds), _) => Some(since.plus_ms(i64::from(*seconds) * 1_000)),
                (None, Some(path)) => path.find(known.fields).and_then(Value::as_str).and_then(|at| at.parse().ok()),
                (None, None) => None,
            };
            match until {
                None => Todo::Became(failed(StepState::Failed, "time_invalid")),
                Some(at) if at <= known.now => Todo::Became(became(StepState::Done, None, next)),
                Some(at) if at.since(since) > i64::from(LONGEST_S) * 1_000 => {
                    Todo::Became(failed(StepState::Failed, "delay_too_long"))
                }
                Some(at) => Todo::Rest(at),
            }
        }
        Node::Wait { awaited, timeout_seconds, next, otherwise } => {
            let end = since.plus_ms(i64::from(*timeout_seconds) * 1_000);
            let (happened, look) = match awaited {
                Awaited::Signal(name) => (known.signals.contains(name).then_some(true), end),
                Awaited::Reply => (known.replied.then_some(true), end),
                Awaited::Message(of) => (arrived(of, known), known.now.plus_ms(patience(known.now.since(since)))),
            };
            match happened {
                Some(true) => Todo::Became(became(StepState::Done, None, next)),
                Some(false) => Todo::Became(became(StepState::InVain, Some("not_delivered"), otherwise)),
                None if known.now >= end => Todo::Became(became(StepState::InVain, Some("timed_out"), otherwise)),
                None => Todo::Rest(look.min(end)),
            }
        }
        Node::End { outcome } => {
            Todo::Became(Became { state: StepState::Done, detail: None, then: Then::Done(outcome.as_deref()) })
        }
    }
}

/// The reply that a wait of a run is satisfied by, of those that none was before: the first since the run began to send its last message,
/// or since it began where it has sent none. What came before was no answer to that.
pub(super) fn answering<'r>(
    began: Time,
    steps: impl IntoIterator<Item = &'r Step>,
    replies: &'r [Replied],
) -> Option<&'r Replied> {
    let sent = steps.into_iter().filter(|step| step.message.is_some()).map(|step| step.started_at).max();
    let since = sent.unwrap_or(began);
    replies.iter().filter(|reply| reply.at >= since).min_by_key(|reply| reply.at)
}

/// Whether the message of this send has arrived; nothing if it may still.
fn arrived(of: &str, known: &Known<'_>) -> Option<bool> {
    match known.messages.get(of) {
        Some(State::Sent | State::Delivered) => Some(true),
        Some(State::Queued | State::Sending) => None,
        // The send was refused, or the run did not come by it.
        Some(_) | None => Some(false),
    }
}

/// The longer something takes, the less often it is looked at.
fn patience(waited_ms: i64) -> i64 {
    (waited_ms / 2).clamp(LOOKS_MS.0, LOOKS_MS.1)
}

fn branch<'d>(state: StepState, code: &'static str, to: Option<&'d str>) -> Became<'d> {
    match to {
        Some(to) => became(state, Some(code), to),
        None => failed(state, code),
    }
}

/// What follows a send that was accepted.
pub(super) fn sent<'d>(next: &'d str) -> Became<'d> {
    became(StepState::Done, None, next)
}

/// What follows a send that was refused for the reason with this code.
pub(super) fn not_sent<'d>(code: &'static str, otherwise: Option<&'d str>) -> Became<'d> {
    branch(StepState::Refused, code, otherwise)
}

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It was answered with this status.
    Answered(u16),
    /// It was, and what it says can't be believed, for the reason with this code.
    Unreadable(&'static str),
    /// It wasn't, for the reason with this code.
    Lost(&'static str),
    /// The endpoint may not be called at all.
    Closed(&'static str),
}

/// What follows a call.
#[derive(Debug, PartialEq)]
pub(super) enum AfterCall<'d> {
    /// The run goes on.
    Became(Became<'d>),
    /// The endpoint is asked once more after so many milliseconds.
    Again(i64),
}

/// What follows attempt number `attempt` of a call.
pub(super) fn after_call<'d>(
    (next, on, attempts): (&'d str, &'d Branches, u32),
    heard: Heard,
    attempt: u32,
) -> AfterCall<'d> {
    let again = (attempt < attempts).then(|| RETRIES.get(attempt as usize).copied()).flatten();
    AfterCall::Became(match heard {
        Heard::Answered(200..=299) => became(StepState::Done, None, next),
        Heard::Answered(429 | 500..) | Heard::Lost(_) if again.is_some() => {
            return AfterCall::Again(again.unwrap_or_default());
        }
        Heard::Answered(500..) => branch(StepState::Failed, "call_failed", on.failing.as_deref()),
        Heard::Answered(_) => branch(StepState::Refused, "call_refused", on.refused.as_deref()),
        // Not asked once more: whoever tries to find out something by answers would learn something of each.
        Heard::Unreadable(code) | Heard::Lost(code) => branch(StepState::Failed, code, on.lost.as_deref()),
        Heard::Closed(code) => branch(StepState::Refused, code, on.lost.as_deref()),
    })
}

/// What a node is given, with fields filled in: what isn't there is left out.
pub(super) fn filled(data: &BTreeMap<String, Given>, fields: &Value) -> Map<String, Value> {
    let value = |given: &Given| match given {
        Given::Field(path) => path.find(fields).cloned(),
        Given::Value(value) => Some(value.clone()),
    };
    data.iter().filter_map(|(name, given)| Some((name.clone(), value(given)?))).collect()
}

/// The nodes in an order in which every way leads forward, with how far each is from the beginning at most.
pub(super) fn layers(definition: &Definition) -> Vec<(&str, usize)> {
    let mut depth: BTreeMap<&str, usize> = BTreeMap::from([(definition.start.as_str(), 0)]);
    // As long as the longest way at most: in a definition that was checked there is no circle.
    for _ in 0..definition.nodes.len() {
        let ways = definition.nodes.iter().flat_map(|(from, node)| {
            let from = from.as_str();
            node.ways().into_iter().map(move |(_, _, to)| (from, to))
        });
        for (from, to) in ways {
            if let Some(far) = depth.get(from).copied()
                && depth.get(to).is_none_or(|known| *known <= far)
            {
                depth.insert(to, far + 1);
            }
        }
    }
    let mut all: Vec<_> = depth.into_iter().collect();
    all.sort_by_key(|(name, far)| (*far, *name));
    all
}

#[cfg(test)]
mod tests;
