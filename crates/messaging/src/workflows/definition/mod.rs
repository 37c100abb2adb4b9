//! What a version of a workflow says: data, never a program. A graph of named nodes without a circle, so that every run comes to an end
//! and to each node at most once.

mod check;
mod condition;
mod path;
mod replies;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use check::Wrong;
pub(crate) use check::check;
pub(crate) use condition::Condition;
pub(crate) use path::Path;

use crate::events::Class;

/// The most nodes of a workflow.
pub(crate) const MOST_NODES: usize = 50;
/// The longest a run rests at one node: 30 days.
pub(crate) const LONGEST_S: u32 = 30 * 86_400;
/// The most attempts of a call, which are as far apart as those of deliveries.
pub(crate) const MOST_ATTEMPTS: u32 = 5;

/// What a version says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowDefinition")]
pub struct Definition {
    /// What its runs are for: decides how long what they are given is stored. Its messages follow the classes of their events.
    pub class: Class,
    /// The node a run begins with.
    #[schemars(length(min = 1, max = 32))]
    pub start: String,
    /// 1 to 50 nodes, by their names of `a`–`z`, `0`–`9`, `_` and `-`.
    pub nodes: BTreeMap<String, Node>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "WorkflowNode")]
pub enum Node {
    /// Fires an event.
    Send {
        /// The event, by name.
        #[schemars(length(min = 1, max = 64))]
        event: String,
        /// To whom; the contact of the run if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<To>,
        /// What fills the template.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        data: BTreeMap<String, Given>,
        /// What comes after it was accepted.
        next: String,
        /// What comes if it is refused; the run fails if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        otherwise: Option<String>,
    },
    /// Asks an endpoint: a POST, signed and encrypted as its deliveries are.
    Call {
        /// A verified endpoint, by name.
        #[schemars(length(min = 1, max = 63))]
        endpoint: String,
        /// What it is told.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        data: BTreeMap<String, Given>,
        /// How often it may be asked until it answers 2xx: more than once only what may be heard twice. 1 to 5.
        #[serde(default = "once", skip_serializing_if = "is_once")]
        #[schemars(range(min = 1, max = 5))]
        attempts: u32,
        /// What comes after 2xx.
        next: String,
        /// What comes after anything else; the run fails where nothing is said.
        #[serde(default, skip_serializing_if = "Branches::is_empty")]
        on: Branches,
    },
    /// Looks at what is known.
    Condition {
        /// What is looked for.
        #[serde(rename = "if")]
        test: Condition,
        /// What comes if it is so.
        then: String,
        /// What comes if it isn't.
        #[serde(rename = "else")]
        otherwise: String,
    },
    /// Rests for a while.
    Delay {
        /// For so many seconds, up to 30 days.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 2_592_000))]
        seconds: Option<u32>,
        /// Or until the time in this field (RFC 3339), at most 30 days ahead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Path>,
        /// What comes after.
        next: String,
    },
    /// Rests until something has happened.
    Wait {
        /// Until what.
        #[serde(rename = "for")]
        awaited: Awaited,
        /// For at most so many seconds, up to 30 days.
        #[schemars(range(min = 1, max = 2_592_000))]
        timeout_seconds: u32,
        /// What comes after it has happened.
        next: String,
        /// What comes if it has not, or can't any more.
        otherwise: String,
    },
    /// The run is done.
    End {
        /// What it came to, in a word for lists.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 1, max = 32))]
        outcome: Option<String>,
    },
}

/// To whom, if not to the contact of the run: exactly one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "WorkflowRecipient")]
pub enum To {
    /// Whoever has the e-mail address in this field.
    Email(Path),
    /// Whoever has the phone number in this field.
    Phone(Path),
    /// Whoever has the id in this field in your systems.
    ExternalId(Path),
    /// The contact whose id is in this field.
    ContactId(Path),
}

impl To {
    /// What of a recipient it says, and where that is.
    pub(crate) fn parts(&self) -> (&'static str, &Path) {
        match self {
            Self::Email(path) => ("email", path),
            Self::Phone(path) => ("phone", path),
            Self::ExternalId(path) => ("external_id", path),
            Self::ContactId(path) => ("contact_id", path),
        }
    }
}

/// What something is given: a field of what is known, or a value as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "WorkflowValue")]
pub enum Given {
    /// What is in this field; nothing if it isn't there.
    Field(Path),
    /// This.
    Value(Value),
}

/// What comes after a call that was not answered with 2xx.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowBranches")]
pub struct Branches {
    /// It was answered, neither with 2xx nor with 5xx.
    #[serde(rename = "4xx", default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// It was answered with 5xx.
    #[serde(rename = "5xx", default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<String>,
    /// It was not answered, or nobody knows whether it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<String>,
}

impl Branches {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "WorkflowAwaited")]
pub enum Awaited {
    /// `POST /v1/workflow-runs/{id}/signals` with this name.
    Signal(String),
    /// That the message of this send was sent or delivered.
    Message(String),
    /// A reply of the contact's: `POST /v1/replies`.
    Reply,
}

const fn once() -> u32 {
    1
}

const fn is_once(attempts: &u32) -> bool {
    *attempts == 1
}

impl Node {
    /// Its kind, as it is stored and shown.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Send { .. } => "send",
            Self::Call { .. } => "call",
            Self::Condition { .. } => "condition",
            Self::Delay { .. } => "delay",
            Self::Wait { .. } => "wait",
            Self::End { .. } => "end",
        }
    }

    /// The ways on: where in the node they are said, in a word for whoever looks, and to which node they lead.
    pub(crate) fn ways(&self) -> Vec<(&'static str, &'static str, &str)> {
        let mut ways: Vec<(&'static str, &'static str, &str)> = Vec::new();
        match self {
            Self::Send { next, otherwise, .. } => {
                ways.push(("next", "", next));
                ways.extend(otherwise.as_deref().map(|to| ("otherwise", "refused", to)));
            }
            Self::Call { next, on, .. } => {
                ways.push(("next", "2xx", next));
                let Branches { refused, failing, lost } = on;
                ways.extend(refused.as_deref().map(|to| ("on/4xx", "4xx", to)));
                ways.extend(failing.as_deref().map(|to| ("on/5xx", "5xx", to)));
                ways.extend(lost.as_deref().map(|to| ("on/lost", "lost", to)));
            }
            Self::Condition { then, otherwise, .. } => {
                ways.extend([("then", "yes", then.as_str()), ("else", "no", otherwise.as_str())]);
            }
            Self::Delay { next, .. } => ways.push(("next", "", next)),
            Self::Wait { next, otherwise, .. } => {
                ways.extend([("next", "", next.as_str()), ("otherwise", "in vain", otherwise.as_str())]);
            }
            Self::End { .. } => {}
        }
        ways
    }

    /// The fields it looks at, with where in the node that is said.
    fn looks_at(&self) -> Vec<(&'static str, &Path)> {
        match self {
            Self::Send { to, data, .. } => {
                let to = to.iter().map(|to| ("to", to.parts().1));
                to.chain(fields(data)).collect()
            }
            Self::Call { data, .. } => fields(data).collect(),
            Self::Condition { test, .. } => test.fields().into_iter().map(|path| ("if", path)).collect(),
            Self::Delay { until, .. } => until.iter().map(|path| ("until", path)).collect(),
            Self::Wait { .. } | Self::End { .. } => Vec::new(),
        }
    }
}

fn fields(data: &BTreeMap<String, Given>) -> impl Iterator<Item = (&'static str, &Path)> {
    data.values().filter_map(|given| match given {
        Given::Field(path) => Some(("data", path)),
        Given::Value(_) => None,
    })
}

impl Definition {
    /// The node of this name.
    pub(crate) fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.get(name)
    }

    /// Whether anything looks at what this call was answered, or at what this wait was replied: what nobody looks at is not kept.
    pub(crate) fn asks_for_answer_of(&self, call: &str) -> bool {
        self.nodes.values().any(|node| node.looks_at().iter().any(|(_, path)| path.answer_of() == Some(call)))
    }

    /// Whether any node waits for a signal of this name.
    pub(crate) fn waits_for_signal(&self, name: &str) -> bool {
        let waits = |node: &Node| matches!(node, Node::Wait { awaited: Awaited::Signal(signal), .. } if signal == name);
        self.nodes.values().any(waits)
    }

    /// The events it fires and the endpoints it asks, each with its node.
    pub(crate) fn names(&self) -> (Vec<(&str, &str)>, Vec<(&str, &str)>) {
        let (mut events, mut endpoints) = (Vec::new(), Vec::new());
        for (name, node) in &self.nodes {
            match node {
                Node::Send { event, .. } => events.push((name.as_str(), event.as_str())),
                Node::Call { endpoint, .. } => endpoints.push((name.as_str(), endpoint.as_str())),
                _ => {}
            }
        }
        (events, endpoints)
    }
}
