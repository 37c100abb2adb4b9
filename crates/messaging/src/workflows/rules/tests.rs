//! Graphs that are accepted come to an end, whatever happens on the way.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::workflows::definition::{MOST_NODES, check};

const NOW: Time = Time::from_unix_ms(1_768_469_400_000);

/// A node whose ways lead to these, of whatever kind.
fn node(kind: u8, ways: [usize; 4]) -> Value {
    let to = |at: usize| format!("n{}", ways[at]);
    match kind % 8 {
        0 => json!({ "type": "send", "event": "otp.login", "next": to(0), "otherwise": to(1) }),
        1 => json!({ "type": "call", "endpoint": "crm", "attempts": 2, "next": to(0),
            "on": { "4xx": to(1), "5xx": to(2), "lost": to(3) } }),
        2 => json!({ "type": "condition", "if": { "field": "/data/a", "equals": 1 }, "then": to(0), "else": to(1) }),
        3 => json!({ "type": "delay", "seconds": 60, "next": to(0) }),
        4 => {
            json!({ "type": "wait", "for": { "signal": "go" }, "timeout_seconds": 60, "next": to(0), "otherwise": to(1) })
        }
        5 => json!({ "type": "send", "event": "otp.login", "next": to(2) }),
        6 => json!({ "type": "wait", "for": "reply", "timeout_seconds": 60, "next": to(0), "otherwise": to(1) }),
        _ => json!({ "type": "end" }),
    }
}

fn graph(nodes: &[(u8, [usize; 4])]) -> Definition {
    let nodes: Map<String, Value> =
        nodes.iter().enumerate().map(|(at, (kind, ways))| (format!("n{at}"), node(*kind, *ways))).collect();
    serde_json::from_value(json!({ "class": "transactional", "start": "n0", "nodes": nodes })).unwrap()
}

/// Runs it with these pieces of luck; answers how many nodes it came by, and how it ended.
fn run(definition: &Definition, mut luck: impl FnMut() -> u8) -> (usize, String) {
    let (mut at, mut now, mut steps) = (definition.start.clone(), NOW, BTreeMap::<String, Step>::new());
    let mut turns = 0;
    loop {
        turns += 1;
        assert!(turns < 20 * MOST_NODES, "it goes on and on");
        let node = definition.node(&at).unwrap();
        let signals: BTreeSet<String> =
            if luck().is_multiple_of(3) { BTreeSet::from(["go".to_owned()]) } else { BTreeSet::new() };
        let fields = json!({ "data": { "a": luck() % 2 }, "answers": {} });
        let messages = BTreeMap::new();
        let known =
            Known { fields: &fields, signals: &signals, messages: &messages, replied: luck().is_multiple_of(4), now };
        let step = steps.get(&at).cloned();
        let started_at = step.as_ref().map_or(now, |step| step.started_at);
        let (state, attempt, then) = match todo(node, step.as_ref(), &known) {
            Todo::Rest(until) => {
                assert!(until > now, "it rests without getting on");
                now = if luck().is_multiple_of(2) { until } else { now.plus_ms(1 + until.since(now) / 2) };
                (StepState::Waiting, 0, None)
            }
            Todo::Became(Became { state, then, .. }) => (state, 0, Some(then)),
            Todo::Send => {
                let Node::Send { next, otherwise, .. } = node else { panic!() };
                let became = if luck().is_multiple_of(2) {
                    sent(next)
                } else {
                    not_sent("recipient_suppressed", otherwise.as_deref())
                };
                (became.state, 1, Some(became.then))
            }
            Todo::Call { attempt } => {
                let Node::Call { attempts, next, on, .. } = node else { panic!() };
                assert!((1..=*attempts).contains(&attempt));
                let heard = match luck() % 5 {
                    0 => Heard::Answered(204),
                    1 => Heard::Answered(404),
                    2 => Heard::Answered(503),
                    3 => Heard::Lost("timeout"),
                    _ => {
                        // The process died: the next look finds it under way.
                        steps.insert(at.clone(), made(&at, node, StepState::Calling, attempt, started_at));
                        continue;
                    }
                };
                match after_call((next, on, *attempts), heard, attempt) {
                    AfterCall::Again(after) => {
                        now = now.plus_ms(after);
                        (StepState::Waiting, attempt, None)
                    }
                    AfterCall::Became(became) => (became.state, attempt, Some(became.then)),
                }
            }
        };
        steps.insert(at.clone(), made(&at, node, state, attempt, started_at));
        match then {
            None => {}
            Some(Then::Node(next)) => {
                assert!(!steps.contains_key(next), "{next} was come by before");
                at = next.to_owned();
            }
            Some(Then::Done(_)) => return (steps.len(), "done".into()),
            Some(Then::Failed(code)) => return (steps.len(), code.into()),
        }
    }
}

fn made(name: &str, node: &Node, state: StepState, attempt: u32, started_at: Time) -> Step {
    Step {
        node: name.to_owned(),
        kind: node.kind().to_owned(),
        state,
        attempt,
        detail: None,
        status: None,
        message: None,
        started_at,
        updated_at: started_at,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Any graph: ways lead anywhere. Most are refused; what is accepted ends, and comes by no node twice.
    #[test]
    fn whatever_is_accepted_ends(
        nodes in prop::collection::vec((any::<u8>(), prop::array::uniform4(0_usize..8)), 1..8),
        luck in prop::collection::vec(any::<u8>(), 64),
    ) {
        let definition = graph(&nodes);
        if check(&definition).is_empty() {
            let mut pieces = luck.iter().copied().cycle();
            let (visited, _) = run(&definition, || pieces.next().unwrap());
            prop_assert!(visited <= definition.nodes.len());
        }
    }

    /// Graphs whose ways lead forward are accepted once what nobody reaches is gone, and end.
    #[test]
    fn what_leads_forward_is_accepted_and_ends(
        nodes in prop::collection::vec((any::<u8>(), prop::array::uniform4(1_usize..6)), 1..MOST_NODES),
        luck in prop::collection::vec(any::<u8>(), 64),
    ) {
        let last = nodes.len();
        let forward = |at: usize, ways: &[usize; 4]| ways.map(|far| (at + far).min(last));
        let mut nodes: Vec<_> = nodes.iter().enumerate().map(|(at, (kind, ways))| (kind % 7, forward(at, ways))).collect();
        nodes.push((7, [0; 4]));
        let mut definition = graph(&nodes);
        let reached: BTreeSet<String> = layers(&definition).into_iter().map(|(name, _)| name.to_owned()).collect();
        definition.nodes.retain(|name, _| reached.contains(name));
        prop_assert_eq!(check(&definition), vec![]);
        let mut pieces = luck.iter().copied().cycle();
        let (visited, _) = run(&definition, || pieces.next().unwrap());
        prop_assert!(visited <= definition.nodes.len());
        // In the order in which it is drawn, every way leads forward.
        let layers: BTreeMap<&str, usize> = layers(&definition).into_iter().collect();
        for (from, node) in &definition.nodes {
            for (_, _, to) in node.ways() {
                prop_assert!(layers[from.as_str()] < layers[to]);
            }
        }
    }
}

#[test]
fn what_is_wrong_is_said_with_the_node() {
    let good = json!({
        "class": "transactional", "start": "ask", "nodes": {
            "ask": { "type": "call", "endpoint": "crm", "next": "look" },
            "look": { "type": "condition", "if": { "field": "/answers/ask/status", "equals": 200 }, "then": "end", "else": "end" },
            "end": { "type": "end" },
        }
    });
    let with = |place: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(place).unwrap() = value;
        changed
    };
    let mut more = good.clone();
    more["nodes"]["alone"] = json!({ "type": "end" });
    let mut strange = good.clone();
    strange["nodes"]["Ärger"] = json!({ "type": "end" });
    for (definition, place, code) in [
        (with("/start", json!("nowhere")), "/start", "node_unknown"),
        (with("/nodes/ask/next", json!("nowhere")), "/nodes/ask/next", "node_unknown"),
        (with("/nodes/look/then", json!("ask")), "/nodes/ask", "in_a_circle"),
        (with("/nodes/look/else", json!("look")), "/nodes/look", "in_a_circle"),
        (with("/nodes/look/if/field", json!("/answers/end/status")), "/nodes/look/if", "not_a_call"),
        (with("/nodes/ask/endpoint", json!("No Name")), "/nodes/ask/endpoint", "label_invalid"),
        (
            with("/nodes/end", json!({ "type": "delay", "next": "end" })),
            "/nodes/end/seconds",
            "either_seconds_or_until",
        ),
        (
            with("/nodes/end", json!({ "type": "end", "outcome": "4111 1111 1111 1111" })),
            "/nodes/end/outcome",
            "name_invalid",
        ),
        (with("/nodes/look/if", json!({ "field": "/data/a", "equals": "4111 1111 1111 1111" })), "", "card_number"),
        (more, "/nodes/alone", "not_reached"),
        (strange, "/nodes", "name_invalid"),
    ] {
        let wrong = check(&serde_json::from_value(definition).unwrap());
        assert_eq!(wrong.first().map(|wrong| (wrong.place.as_str(), wrong.code)), Some((place, code)), "{wrong:?}");
    }
    assert_eq!(check(&serde_json::from_value(good).unwrap()), vec![]);
}

#[test]
fn what_no_node_knows_is_refused_when_it_is_read() {
    for node in [
        json!({ "type": "script", "next": "end" }),
        json!({ "type": "end", "more": 1 }),
        json!({ "type": "send", "event": "a" }),
        json!({ "type": "wait", "for": { "signal": "a", "message": "b" }, "timeout_seconds": 1, "next": "a", "otherwise": "a" }),
        json!({ "type": "send", "event": "a", "data": { "x": { "field": "/answers/a/x" } }, "next": "a" }),
        json!({ "type": "send", "event": "a", "data": { "x": { "field": "/data/x", "value": 1 } }, "next": "a" }),
        json!({ "type": "condition", "if": { "field": "/data/a", "like": "b" }, "then": "a", "else": "b" }),
    ] {
        assert!(serde_json::from_value::<Node>(node.clone()).is_err(), "{node}");
    }
}

#[test]
fn a_call_that_died_is_repeated_only_if_that_was_allowed() {
    let once = Branches { lost: Some("lost".into()), ..Branches::default() };
    let call = |attempts| Node::Call {
        endpoint: "crm".into(),
        data: BTreeMap::new(),
        attempts,
        next: "next".into(),
        on: once.clone(),
    };
    let fields = json!({});
    let (signals, messages) = (BTreeSet::new(), BTreeMap::new());
    let known = Known { fields: &fields, signals: &signals, messages: &messages, replied: false, now: NOW };
    let died = made("a", &call(1), StepState::Calling, 1, NOW);
    let lost = call(1);
    let Todo::Became(became) = todo(&lost, Some(&died), &known) else { panic!() };
    assert_eq!((became.state, became.then), (StepState::Unknown, Then::Node("lost")));
    assert_eq!(todo(&call(2), Some(&died), &known), Todo::Call { attempt: 2 });
    let again = made("a", &call(1), StepState::Again, 1, NOW);
    assert_eq!(todo(&call(1), Some(&again), &known), Todo::Call { attempt: 1 });
}

#[test]
fn the_first_reply_since_the_last_message_counts_and_none_before() {
    let at = |seconds: i64| NOW.plus_ms(seconds * 1_000);
    let reply = |name: &str, seconds: i64| Replied { name: name.to_owned(), at: at(seconds), sealed: None };
    let replies = [reply("a", 5), reply("b", 10), reply("c", 20)];
    let named = |steps: &[Step], replies: &[Replied]| {
        answering(NOW, steps, replies).map(|reply| reply.name.clone()).unwrap_or_default()
    };
    let node = super::super::definition::Node::End { outcome: None };
    let sent = |seconds: i64| {
        let message = Some(sealpost_store::MessageId::from_bytes([1; 16]));
        Step { message, ..made("ask", &node, StepState::Done, 1, at(seconds)) }
    };
    let rested = made("rest", &node, StepState::Done, 0, at(15));
    assert_eq!(named(&[], &replies), "a", "nothing was sent: it counts since the run began");
    assert_eq!(named(&[], &[reply("old", -1)]), "");
    assert_eq!(named(&[sent(6)], &replies), "b");
    assert_eq!(named(&[sent(10)], &replies), "b", "in the same moment");
    assert_eq!(
        named(&[sent(2), sent(11), rested.clone()], &replies),
        "c",
        "the last message is the one that is answered"
    );
    assert_eq!(named(&[rested], &replies), "a", "what sends nothing is not answered");
    assert_eq!(named(&[sent(21)], &replies), "");
    // What satisfied an earlier wait is not there any more.
    assert_eq!(named(&[sent(6)], &replies[2..]), "c");
}
