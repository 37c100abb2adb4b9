//! The one pass over the bytes.

use std::borrow::Cow;
use std::collections::HashSet;

use super::document::{Kind, Node, children, raw, text};
use crate::problem::{JSON_INVALID, NUMBER_UNSAFE, Refusal};

/// Deeper nesting has no use here and costs stack.
const MAX_DEPTH: usize = 64;
/// RFC 7493 §2.2: integers beyond ±(2⁵³ − 1) are not held exactly by everybody.
const MAX_INTEGER: u64 = (1 << 53) - 1;
/// Up to here, comparing all pairs of names is cheaper than hashing them.
const FEW_MEMBERS: usize = 16;

/// Checks `bytes` and lists its nodes; the first is the document itself.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Node>, Refusal> {
    match parse_strictly(bytes) {
        Ok(nodes) => Ok(nodes),
        Err(Broken { what: What::Number, pointer, .. }) => {
            Err(Refusal::of(&NUMBER_UNSAFE).at(pointer, "number_unsafe"))
        }
        Err(Broken { what, pointer, offset }) => {
            Err(Refusal::of(&JSON_INVALID).at(pointer, what.as_str()).member("offset", offset as u64))
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Utf8,
    Syntax,
    Unfinished,
    Trailing,
    Depth,
    Surrogate,
    Duplicate,
    Number,
    Size,
}

impl What {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "not_utf8",
            Self::Syntax => "syntax",
            Self::Unfinished => "unfinished",
            Self::Trailing => "trailing_bytes",
            Self::Depth => "too_deep",
            Self::Surrogate => "lone_surrogate",
            Self::Duplicate => "duplicate_key",
            Self::Number => "number_unsafe",
            Self::Size => "too_large",
        }
    }
}

#[derive(Debug)]
struct Broken {
    what: What,
    offset: usize,
    pointer: String,
}

impl Broken {
    fn inside(mut self, segment: &str) -> Self {
        let escaped = segment.replace('~', "~0").replace('/', "~1");
        self.pointer.insert_str(0, &escaped);
        self.pointer.insert(0, '/');
        self
    }
}

fn parse_strictly(bytes: &[u8]) -> Result<Vec<Node>, Broken> {
    let mut parser = Parser { bytes, at: 0, nodes: Vec::with_capacity(bytes.len() / 12 + 8) };
    if u32::try_from(bytes.len()).is_err() {
        return Err(parser.broken(What::Size));
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(Broken { what: What::Utf8, offset: error.valid_up_to(), pointer: String::new() });
    }
    parser.space();
    parser.value(0)?;
    parser.space();
    if parser.at < bytes.len() {
        return Err(parser.broken(What::Trailing));
    }
    Ok(parser.nodes)
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
}

impl Parser<'_> {
    fn broken(&self, what: What) -> Broken {
        let what = if what == What::Syntax && self.at >= self.bytes.len() { What::Unfinished } else { what };
        Broken { what, offset: self.at, pointer: String::new() }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), Broken> {
        match self.peek() {
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word(b"true", Kind::True),
            Some(b'f') => self.word(b"false", Kind::False),
            Some(b'n') => self.word(b"null", Kind::Null),
            _ => Err(self.broken(What::Syntax)),
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { kind, start: start as u32, end: end as u32, next });
    }

    fn open(&mut self, kind: Kind, depth: usize) -> Result<usize, Broken> {
        if depth > MAX_DEPTH {
            return Err(self.broken(What::Depth));
        }
        self.push(kind, self.at, self.at);
        self.at += 1;
        self.space();
        Ok(self.nodes.len() - 1)
    }

    fn close(&mut self, opened: usize) {
        self.at += 1;
        self.nodes[opened].next = self.nodes.len() as u32;
        self.nodes[opened].end = self.at as u32;
    }

    fn array(&mut self, depth: usize) -> Result<(), Broken> {
        let opened = self.open(Kind::Array, depth)?;
        if self.peek() == Some(b']') {
            self.close(opened);
            return Ok(());
        }
        for index in 0_usize.. {
            self.value(depth).map_err(|broken| broken.inside(&index.to_string()))?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.broken(What::Syntax)),
            }
            self.space();
        }
        self.close(opened);
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Result<(), Broken> {
        let opened = self.open(Kind::Object, depth)?;
        if self.peek() == Some(b'}') {
            self.close(opened);
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.broken(What::Syntax));
            }
            let name = self.nodes.len();
            self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.broken(What::Syntax));
            }
            self.at += 1;
            self.space();
            if let Err(broken) = self.value(depth) {
                return Err(broken.inside(&text(self.bytes, self.nodes[name])));
            }
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.broken(What::Syntax)),
            }
            self.space();
        }
        self.close(opened);
        self.names_differ(opened)
    }

    fn names_differ(&self, opened: usize) -> Result<(), Broken> {
        let names = || children(&self.nodes, opened).step_by(2).map(|at| self.nodes[at]);
        let duplicate = |node: Node| {
            let broken = Broken { what: What::Duplicate, offset: node.start as usize, pointer: String::new() };
            Err(broken.inside(&text(self.bytes, node)))
        };
        if names().count() > FEW_MEMBERS {
            let mut seen = HashSet::new();
            return names().find(|node| !seen.insert(text(self.bytes, *node))).map_or(Ok(()), duplicate);
        }
        for (at, node) in names().enumerate() {
            if names().take(at).any(|earlier| self.same(earlier, node)) {
                return duplicate(node);
            }
        }
        Ok(())
    }

    fn same(&self, one: Node, other: Node) -> bool {
        if one.kind == Kind::Plain && other.kind == Kind::Plain {
            return raw(self.bytes, one) == raw(self.bytes, other);
        }
        let text = |node| -> Cow<'_, str> { text(self.bytes, node) };
        text(one) == text(other)
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Result<(), Broken> {
        for expected in word {
            if self.peek() != Some(*expected) {
                return Err(self.broken(What::Syntax));
            }
            self.at += 1;
        }
        self.push(kind, self.at - word.len(), self.at);
        Ok(())
    }

    fn string(&mut self) -> Result<(), Broken> {
        self.at += 1;
        let start = self.at;
        let mut kind = Kind::Plain;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    kind = Kind::Escaped;
                    self.at += 1;
                    self.escape()?;
                }
                Some(0x20..) => self.at += 1,
                Some(_) | None => return Err(self.broken(What::Syntax)),
            }
        }
        self.push(kind, start, self.at);
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Broken> {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                let start = self.at;
                let lone = |at| Broken { what: What::Surrogate, offset: at, pointer: String::new() };
                match self.unit()? {
                    0xdc00..0xe000 => Err(lone(start)),
                    0xd800..0xdc00 => {
                        if self.bytes[self.at..].starts_with(b"\\u") {
                            self.at += 1;
                            if (0xdc00..0xe000).contains(&self.unit()?) {
                                return Ok(());
                            }
                        }
                        Err(lone(start))
                    }
                    _ => Ok(()),
                }
            }
            _ => Err(self.broken(What::Syntax)),
        }
    }

    /// The four hexadecimal digits after a `u`.
    fn unit(&mut self) -> Result<u32, Broken> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            unit = unit << 4 | digit.ok_or_else(|| self.broken(What::Syntax))?;
            self.at += 1;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<(), Broken> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let digits = self.at;
        self.digits()?;
        if self.bytes[digits] == b'0' && self.at - digits > 1 {
            self.at = digits + 1;
            return Err(self.broken(What::Syntax));
        }
        let whole = self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let mantissa = self.at;
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        self.push(Kind::Number, start, self.at);
        let node = self.nodes[self.nodes.len() - 1];
        let exact = if self.at == whole {
            raw(self.bytes, Node { start: digits as u32, ..node }).parse().is_ok_and(|n: u64| n <= MAX_INTEGER)
        } else {
            // Neither infinite, nor nought although its digits say otherwise.
            let nought = self.bytes[digits..mantissa].iter().all(|digit| matches!(digit, b'0' | b'.'));
            raw(self.bytes, node).parse().is_ok_and(|n: f64| n.is_finite() && (n != 0.0 || nought))
        };
        if exact { Ok(()) } else { Err(Broken { what: What::Number, offset: start, pointer: String::new() }) }
    }

    fn digits(&mut self) -> Result<(), Broken> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(self.broken(What::Syntax)) } else { Ok(()) }
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
