//! A definition as a picture: from the top down, every way leads to a lower layer.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;
use sealpost_web::shell::figure::Twin;

use crate::workflows::definition::{Awaited, Definition, Node};
use crate::workflows::rules::layers;

/// The size of a node, and of the place it stands in.
const NODE: (usize, usize) = (148, 44);
const PLACE: (usize, usize) = (172, 84);
/// The breadth of a lane beside the nodes, for a way that passes layers: through them it would run behind nodes.
const LANE: usize = 56;
/// The longest name that fits into a node; a longer one is cut, and whole in the table.
const FITS: usize = 18;

/// The picture.
#[derive(Clone, Debug, Template)]
#[template(path = "workflows/pages/graph.html")]
pub(super) struct Graph {
    width: usize,
    height: usize,
    says: String,
    nodes: Vec<Drawn>,
    ways: Vec<Way>,
    twin: Twin,
}

impl HtmlSafe for Graph {}

/// A node in it.
#[derive(Clone, Debug)]
struct Drawn {
    x: usize,
    y: usize,
    middle: usize,
    name: String,
    kind: &'static str,
    class: &'static str,
}

/// A way between two.
#[derive(Clone, Debug)]
struct Way {
    path: String,
    word: String,
    x: usize,
    y: usize,
}

impl Graph {
    /// Of what a version says; `come_by` are the nodes a run came by, and the last of them is where it is.
    pub(super) fn of(definition: &Definition, come_by: &[&str]) -> Self {
        let layers = layers(definition);
        let mut rows: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        layers.iter().for_each(|(name, far)| rows.entry(*far).or_default().push(name));
        let widest = rows.values().map(Vec::len).max().unwrap_or(1);
        let (width, height) = (widest * PLACE.0, rows.len() * PLACE.1);
        let mut places = BTreeMap::new();
        for (far, row) in &rows {
            let left = (width - row.len() * PLACE.0) / 2;
            for (at, name) in row.iter().enumerate() {
                places.insert(*name, (left + at * PLACE.0 + (PLACE.0 - NODE.0) / 2, far * PLACE.1 + 12));
            }
        }
        let (mut nodes, mut ways, mut lanes) = (Vec::new(), Vec::new(), 0);
        for (name, node) in &definition.nodes {
            let Some((x, y)) = places.get(name.as_str()).copied() else { continue };
            let class = match come_by.iter().position(|one| one == name) {
                Some(at) if at + 1 == come_by.len() => "here",
                Some(_) => "past",
                None => "",
            };
            let cut =
                if name.len() > FITS { format!("{}…", name.get(..FITS - 1).unwrap_or(name)) } else { name.clone() };
            nodes.push(Drawn { x, y, middle: x + NODE.0 / 2, name: cut, kind: node.kind(), class });
            for (to, word) in together(node) {
                let (Some(there), Some(far)) = (places.get(to).copied(), distance(&layers, name, to)) else { continue };
                let (from, end) = ((x + NODE.0 / 2, y + NODE.1), (there.0 + NODE.0 / 2, there.1));
                let way = if far > 1 {
                    lanes += 1;
                    beside(from, end, width + (lanes - 1) * LANE + LANE / 2)
                } else {
                    straight(from, end)
                };
                ways.push(Way { word, ..way });
            }
        }
        let width = width + lanes * LANE;
        let says = format!("{} nodes, beginning with {}; the table below says the same", nodes.len(), definition.start);
        Self { width, height, says, nodes, ways, twin: twin(definition, &layers) }
    }
}

/// The ways from a node by where they lead, each with all words that lead there.
fn together(node: &Node) -> BTreeMap<&str, String> {
    let mut all: BTreeMap<&str, String> = BTreeMap::new();
    for (_, word, to) in node.ways() {
        let words = all.entry(to).or_default();
        let between = if words.is_empty() || word.is_empty() { "" } else { ", " };
        words.extend([between, word]);
    }
    all
}

/// How many layers further down it leads.
fn distance(layers: &[(&str, usize)], from: &str, to: &str) -> Option<usize> {
    let layer = |name| layers.iter().find(|(one, _)| *one == name).map(|(_, layer)| *layer);
    layer(to)?.checked_sub(layer(from)?)
}

/// To the next layer.
fn straight(from: (usize, usize), end: (usize, usize)) -> Way {
    let bend = (end.1 - from.1) / 2;
    let path =
        format!("M{} {}C{} {} {} {} {} {}", from.0, from.1, from.0, from.1 + bend, end.0, end.1 - bend, end.0, end.1);
    Way { path, word: String::new(), x: (from.0 + end.0) / 2, y: (from.1 + end.1) / 2 }
}

/// Past layers: out between two rows, down the lane, and in between two rows.
fn beside(from: (usize, usize), end: (usize, usize), lane: usize) -> Way {
    let path = format!("M{} {}V{}H{lane}V{}H{}V{}", from.0, from.1, from.1 + 12, end.1 - 12, end.0, end.1);
    Way { path, word: String::new(), x: lane, y: (from.1 + end.1) / 2 }
}

/// The same as a table, in the order in which runs come by.
fn twin(definition: &Definition, layers: &[(&str, usize)]) -> Twin {
    let rows = layers.iter().filter_map(|(name, _)| {
        let node = definition.node(name)?;
        let ways = node.ways().into_iter().map(|(_, word, to)| match word {
            "" => format!("→ {to}"),
            word => format!("{word} → {to}"),
        });
        let ways = ways.collect::<Vec<_>>().join(", ");
        Some(vec![(*name).to_owned(), node.kind().to_owned(), about(node), ways])
    });
    Twin::new("Nodes", ["Node", "Kind", "What", "Then"].map(str::to_owned).into(), rows.collect())
}

/// What a node does, in a few words.
fn about(node: &Node) -> String {
    match node {
        Node::Send { event, .. } => event.clone(),
        Node::Call { endpoint, .. } => endpoint.clone(),
        Node::Condition { .. } => "looks at what is known".into(),
        Node::Delay { seconds: Some(seconds), .. } => format!("{seconds} s"),
        Node::Delay { until, .. } => until.as_ref().map(|path| format!("until {}", path.as_str())).unwrap_or_default(),
        Node::Wait { awaited: Awaited::Signal(name), timeout_seconds, .. } => {
            format!("signal {name}, up to {timeout_seconds} s")
        }
        Node::Wait { awaited: Awaited::Message(of), timeout_seconds, .. } => {
            format!("message of {of}, up to {timeout_seconds} s")
        }
        Node::Wait { awaited: Awaited::Reply, timeout_seconds, .. } => format!("a reply, up to {timeout_seconds} s"),
        Node::End { outcome } => outcome.clone().unwrap_or_default(),
    }
}
