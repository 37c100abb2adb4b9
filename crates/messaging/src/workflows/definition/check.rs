//! Whether a definition can be run: what it says leads somewhere, and every way comes to an end.

use std::collections::BTreeSet;

use sealpost_seal::pan;

use super::{Awaited, Definition, LONGEST_S, MOST_ATTEMPTS, MOST_NODES, Node, Path};
use crate::label::Label;

/// The largest definition, in bytes of JSON.
const LARGEST: usize = 64 * 1024;
/// The longest name of a node, an outcome or a signal.
const LONGEST_NAME: usize = 32;

/// What is wrong, and where: a JSON pointer into the definition, which names the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// A JSON pointer.
    pub place: String,
    /// What is wrong there.
    pub code: &'static str,
}

/// Everything that is wrong; nothing if it can be run.
pub(crate) fn check(definition: &Definition) -> Vec<Wrong> {
    let mut all = Vec::new();
    let mut wrong = |place: String, code: &'static str| all.push(Wrong { place, code });
    let nodes = &definition.nodes;
    if nodes.is_empty() || nodes.len() > MOST_NODES {
        wrong("/nodes".into(), "out_of_range");
        return all;
    }
    if !nodes.contains_key(&definition.start) {
        wrong("/start".into(), "node_unknown");
    }
    for (name, node) in nodes {
        if !is_name(name) {
            // Said without it: a pointer of 64 KiB helps nobody.
            wrong("/nodes".into(), "name_invalid");
            continue;
        }
        for (place, _, to) in node.ways() {
            if !nodes.contains_key(to) {
                wrong(format!("/nodes/{name}/{place}"), "node_unknown");
            }
        }
        for (place, code) in wrong_in(definition, node) {
            wrong(format!("/nodes/{name}/{place}"), code);
        }
    }
    if !all.is_empty() {
        return all;
    }
    if let Some(name) = in_a_circle(definition) {
        all.push(Wrong { place: format!("/nodes/{name}"), code: "in_a_circle" });
        return all;
    }
    let reached = reached(definition);
    let lost = nodes.keys().filter(|name| !reached.contains(name.as_str()));
    all.extend(lost.map(|name| Wrong { place: format!("/nodes/{name}"), code: "not_reached" }));
    let text = serde_json::to_string(definition).unwrap_or_default();
    if text.is_empty() || text.len() > LARGEST {
        all.push(Wrong { place: String::new(), code: "too_large" });
    } else if pan::contains(&text) {
        all.push(Wrong { place: String::new(), code: "card_number" });
    }
    all
}

fn is_name(name: &str) -> bool {
    let fits = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(fits)
}

/// What is wrong within a node, and where in it.
fn wrong_in(definition: &Definition, node: &Node) -> Vec<(&'static str, &'static str)> {
    let mut wrong = Vec::new();
    match node {
        Node::Send { event, .. } if Label::parse(event).is_err() => wrong.push(("event", "label_invalid")),
        Node::Call { endpoint, attempts, .. } => {
            if Label::parse(endpoint).is_err() {
                wrong.push(("endpoint", "label_invalid"));
            }
            if !(1..=MOST_ATTEMPTS).contains(attempts) {
                wrong.push(("attempts", "out_of_range"));
            }
        }
        Node::Condition { test, .. } => wrong.extend(test.wrong().map(|code| ("if", code))),
        Node::Delay { seconds, until, .. } => match (seconds, until) {
            (Some(seconds), None) if (1..=LONGEST_S).contains(seconds) => {}
            (Some(_), None) => wrong.push(("seconds", "out_of_range")),
            (None, Some(_)) => {}
            _ => wrong.push(("seconds", "either_seconds_or_until")),
        },
        Node::Wait { awaited, timeout_seconds, .. } => {
            if !(1..=LONGEST_S).contains(timeout_seconds) {
                wrong.push(("timeout_seconds", "out_of_range"));
            }
            match awaited {
                Awaited::Signal(name) if !is_name(name) => wrong.push(("for/signal", "name_invalid")),
                Awaited::Message(of) if !matches!(definition.node(of), Some(Node::Send { .. })) => {
                    wrong.push(("for/message", "not_a_send"));
                }
                _ => {}
            }
        }
        Node::End { outcome: Some(outcome) } if !is_name(outcome) => wrong.push(("outcome", "name_invalid")),
        Node::Send { .. } | Node::End { .. } => {}
    }
    for (place, path) in node.looks_at() {
        if path.answer_of().is_some_and(|of| !answers(definition.node(of), path)) {
            wrong.push((place, "not_a_call"));
        }
    }
    wrong
}

/// Whether this node has what such a path leads to: a call its answer, a wait for a reply what was said.
fn answers(node: Option<&Node>, path: &Path) -> bool {
    match node {
        Some(Node::Call { .. }) => true,
        Some(node) => node.waits_for_reply() && !path.is_status(),
        None => false,
    }
}

/// A node from which a way leads back to it. Kahn's algorithm (1962): what is left when all that nothing leads to is taken away.
fn in_a_circle(definition: &Definition) -> Option<&str> {
    let mut left: BTreeSet<&str> = definition.nodes.keys().map(String::as_str).collect();
    loop {
        let targets: BTreeSet<&str> = left
            .iter()
            .filter_map(|name| definition.node(name))
            .flat_map(|node| node.ways().into_iter().map(|(_, _, to)| to))
            .collect();
        let before = left.len();
        left.retain(|name| targets.contains(name));
        if left.len() == before {
            // Nodes behind a circle are left, too: the one that leads back to itself is named.
            return left.iter().copied().find(|name| leads_to(definition, name, name));
        }
    }
}

fn leads_to(definition: &Definition, from: &str, wanted: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        for (_, _, to) in definition.node(name).map(Node::ways).unwrap_or_default() {
            if to == wanted {
                return true;
            }
            if seen.insert(to) {
                open.push(to);
            }
        }
    }
    false
}

fn reached(definition: &Definition) -> BTreeSet<&str> {
    let mut reached = BTreeSet::from([definition.start.as_str()]);
    let mut open = vec![definition.start.as_str()];
    while let Some(name) = open.pop() {
        for (_, _, to) in definition.node(name).map(Node::ways).unwrap_or_default() {
            if reached.insert(to) {
                open.push(to);
            }
        }
    }
    reached
}
