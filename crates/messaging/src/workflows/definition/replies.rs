//! Where a definition waits for a reply.

use std::collections::BTreeSet;

use super::{Awaited, Definition, Node};

impl Node {
    /// Whether a reply is what it waits for.
    pub(crate) const fn waits_for_reply(&self) -> bool {
        matches!(self, Self::Wait { awaited: Awaited::Reply, .. })
    }
}

impl Definition {
    /// Whether anything looks at what is replied: if not, that it came is all that is kept.
    pub(crate) fn asks_for_replies(&self) -> bool {
        self.nodes.iter().any(|(name, node)| node.waits_for_reply() && self.asks_for_answer_of(name))
    }

    /// Whether a reply that comes while a run is at this node may satisfy a wait: there is a way to one on which nothing is sent. What
    /// comes before a message is no answer to it.
    pub(crate) fn hears_reply_at(&self, node: &str) -> bool {
        let (mut seen, mut open) = (BTreeSet::new(), vec![node]);
        while let Some(node) = open.pop().and_then(|name| self.node(name)) {
            let ways: Vec<&str> = match node {
                Node::Wait { awaited: Awaited::Reply, .. } => return true,
                // What is refused was not sent.
                Node::Send { otherwise, .. } => otherwise.as_deref().into_iter().collect(),
                _ => node.ways().into_iter().map(|(_, _, to)| to).collect(),
            };
            open.extend(ways.into_iter().filter(|to| seen.insert(*to)));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reply_is_heard_wherever_a_wait_for_it_comes_before_another_message() {
        let says = json!({ "class": "transactional", "start": "ask", "nodes": {
            "ask": { "type": "send", "event": "visit.ask", "next": "rest", "otherwise": "reply" },
            "rest": { "type": "delay", "seconds": 60, "next": "look" },
            "look": { "type": "condition", "if": { "field": "/data/a", "exists": true }, "then": "reply", "else": "thank" },
            "reply": { "type": "wait", "for": "reply", "timeout_seconds": 60, "next": "thank", "otherwise": "end" },
            "thank": { "type": "send", "event": "visit.thank", "next": "again" },
            "again": { "type": "wait", "for": "reply", "timeout_seconds": 60, "next": "end", "otherwise": "end" },
            "end": { "type": "end" },
        }});
        let definition: Definition = serde_json::from_value(says).unwrap();
        for (node, heard) in [
            ("ask", true),
            ("rest", true),
            ("look", true),
            ("reply", true),
            ("thank", false),
            ("again", true),
            ("end", false),
            ("nothing", false),
        ] {
            assert_eq!(definition.hears_reply_at(node), heard, "{node}");
        }
        assert!(!definition.asks_for_replies());
    }
}
