//! A checked JSON text and the flat list of its nodes.

use std::borrow::Cow;

use hyper::body::Bytes;

use super::parse;
use crate::problem::Refusal;

/// A JSON text that passed all checks.
pub(crate) struct Document {
    bytes: Bytes,
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    True,
    False,
    Number,
    /// A string without escapes: its bytes are its text.
    Plain,
    /// A string with escapes.
    Escaped,
    Array,
    /// Followed by a string and a value for each member.
    Object,
}

/// One value, or the name of one member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Bytes of a number, or between the quotes of a string.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The node after this one and all inside it.
    pub(crate) next: u32,
}

impl Document {
    pub(crate) fn parse(bytes: Bytes) -> Result<Self, Refusal> {
        let nodes = parse::parse(&bytes)?;
        Ok(Self { bytes, nodes })
    }

    pub(crate) fn node(&self, at: usize) -> Node {
        self.nodes[at]
    }

    pub(crate) fn raw(&self, node: Node) -> &str {
        raw(&self.bytes, node)
    }

    /// The text of a string.
    pub(crate) fn text(&self, node: Node) -> Cow<'_, str> {
        text(&self.bytes, node)
    }

    /// The values directly inside an array, or names and values in turn of an object.
    pub(crate) fn children(&self, at: usize) -> impl Iterator<Item = usize> {
        children(&self.nodes, at)
    }

    pub(crate) fn top_level_text(&self, key: &str) -> Option<Cow<'_, str>> {
        if self.nodes[0].kind != Kind::Object {
            return None;
        }
        let mut children = self.children(0);
        while let (Some(name), Some(value)) = (children.next(), children.next()) {
            if self.text(self.nodes[name]) == key {
                return self.nodes[value].kind.is_text().then(|| self.text(self.nodes[value]));
            }
        }
        None
    }
}

impl Kind {
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Plain | Self::Escaped)
    }
}

pub(crate) fn children(nodes: &[Node], at: usize) -> impl Iterator<Item = usize> {
    let end = nodes[at].next as usize;
    let first = (at + 1 < end).then_some(at + 1);
    std::iter::successors(first, move |child| {
        let next = nodes[*child].next as usize;
        (next < end).then_some(next)
    })
}

pub(crate) fn raw(bytes: &[u8], node: Node) -> &str {
    // The whole text was found to be UTF-8, and nodes begin and end at ASCII characters.
    std::str::from_utf8(&bytes[node.start as usize..node.end as usize]).unwrap_or_default()
}

pub(crate) fn text(bytes: &[u8], node: Node) -> Cow<'_, str> {
    let raw = raw(bytes, node);
    if node.kind == Kind::Escaped { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) }
}

/// The text of a string whose escapes have been checked.
fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut taken = 1;
        out.push(match rest.as_bytes()[0] {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = unit(&rest[1..]);
                taken = 5;
                let point = if (0xd800..0xdc00).contains(&first) {
                    taken = 11;
                    0x10000 + ((first - 0xd800) << 10) + (unit(&rest[7..]) - 0xdc00)
                } else {
                    first
                };
                char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            same => char::from(same),
        });
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

fn unit(text: &str) -> u32 {
    u32::from_str_radix(&text[..4], 16).unwrap_or_default()
}
