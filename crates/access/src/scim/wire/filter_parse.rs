//! Reading filters: by descent, within limits, so that nobody's text costs more than it is long.

use serde_json::Value;

use super::AttrPath;
use super::filter::{Compare, Filter};
use super::text::Bad;

/// The longest filter.
const MAX_TEXT: usize = 2_048;
/// How deep parentheses, `not` and brackets go.
const MAX_DEPTH: usize = 16;
/// How many comparisons there are.
const MAX_TERMS: usize = 64;

impl Filter {
    /// Reads a filter.
    pub(in crate::scim) fn parse(text: &str) -> Result<Self, Bad> {
        if text.len() > MAX_TEXT {
            return Err(Bad::Filter);
        }
        let mut reader = Reader { rest: text, terms: 0 };
        let filter = reader.either(0, false)?;
        reader.space();
        if reader.rest.is_empty() { Ok(filter) } else { Err(Bad::Filter) }
    }

    /// Reads the filter of elements that `text` begins with, up to its bracket; answers what follows.
    pub(super) fn of_elements(text: &str) -> Result<(Self, &str), Bad> {
        if text.len() > MAX_TEXT {
            return Err(Bad::Filter);
        }
        let mut reader = Reader { rest: text, terms: 0 };
        let filter = reader.either(1, true)?;
        reader.space();
        let rest = reader.rest.strip_prefix(']').ok_or(Bad::Filter)?;
        Ok((filter, rest))
    }
}

struct Reader<'t> {
    rest: &'t str,
    terms: usize,
}

impl<'t> Reader<'t> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    /// Takes a word, if it stands here by itself.
    fn word(&mut self, word: &str) -> bool {
        self.space();
        let Some((begin, rest)) = self.rest.split_at_checked(word.len()) else { return false };
        let ends = rest.is_empty() || rest.starts_with([' ', '(', ')', ']']);
        let found = begin.eq_ignore_ascii_case(word) && ends;
        if found {
            self.rest = rest;
        }
        found
    }

    fn take(&mut self, sign: char) -> bool {
        self.space();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// `inside`: whether this is within brackets, where there are no others.
    fn either(&mut self, depth: usize, inside: bool) -> Result<Filter, Bad> {
        let mut one = self.both(depth, inside)?;
        while self.word("or") {
            one = Filter::Or(Box::new(one), Box::new(self.both(depth, inside)?));
        }
        Ok(one)
    }

    fn both(&mut self, depth: usize, inside: bool) -> Result<Filter, Bad> {
        let mut one = self.term(depth, inside)?;
        while self.word("and") {
            one = Filter::And(Box::new(one), Box::new(self.term(depth, inside)?));
        }
        Ok(one)
    }

    fn term(&mut self, depth: usize, inside: bool) -> Result<Filter, Bad> {
        self.terms += 1;
        if depth > MAX_DEPTH || self.terms > MAX_TERMS {
            return Err(Bad::Filter);
        }
        if self.word("not") {
            return match self.take('(') {
                true => Ok(Filter::Not(Box::new(self.grouped(depth, inside)?))),
                false => Err(Bad::Filter),
            };
        }
        if self.take('(') {
            return self.grouped(depth, inside);
        }
        let path = self.attribute()?;
        if self.rest.starts_with('[') && !inside {
            let (filter, rest) = Filter::of_elements(&self.rest[1..])?;
            self.rest = rest;
            return Ok(Filter::Some(path, Box::new(filter)));
        }
        if self.word("pr") {
            return Ok(Filter::Present(path));
        }
        let compare = self.compare()?;
        let wanted = self.value()?;
        let texts_only = matches!(compare, Compare::Contains | Compare::StartsWith | Compare::EndsWith);
        let ordered = matches!(wanted, Value::String(_) | Value::Number(_));
        let fits = match compare {
            Compare::Equal | Compare::NotEqual => true,
            _ if texts_only => wanted.is_string(),
            _ => ordered,
        };
        if fits { Ok(Filter::Test(path, compare, wanted)) } else { Err(Bad::Filter) }
    }

    fn grouped(&mut self, depth: usize, inside: bool) -> Result<Filter, Bad> {
        let filter = self.either(depth + 1, inside)?;
        if self.take(')') { Ok(filter) } else { Err(Bad::Filter) }
    }

    fn attribute(&mut self) -> Result<AttrPath, Bad> {
        self.space();
        let end = self.rest.find([' ', '[', ']', '(', ')']).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        AttrPath::parse(name).map_err(|_| Bad::Filter)
    }

    fn compare(&mut self) -> Result<Compare, Bad> {
        const WORDS: [(&str, Compare); 9] = [
            ("eq", Compare::Equal),
            ("ne", Compare::NotEqual),
            ("co", Compare::Contains),
            ("sw", Compare::StartsWith),
            ("ew", Compare::EndsWith),
            ("gt", Compare::Greater),
            ("ge", Compare::GreaterOrEqual),
            ("lt", Compare::Less),
            ("le", Compare::LessOrEqual),
        ];
        WORDS.into_iter().find_map(|(word, compare)| self.word(word).then_some(compare)).ok_or(Bad::Filter)
    }

    /// A JSON value that is no list and no object.
    fn value(&mut self) -> Result<Value, Bad> {
        self.space();
        let end = match self.rest.strip_prefix('"') {
            Some(inner) => 1 + end_of_text(inner).ok_or(Bad::Filter)?,
            None => self.rest.find([' ', ')', ']']).unwrap_or(self.rest.len()),
        };
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        match serde_json::from_str(text) {
            Ok(value @ (Value::String(_) | Value::Bool(_) | Value::Number(_) | Value::Null)) => Ok(value),
            // Entra's and others' way to write them.
            Err(_) if text.eq_ignore_ascii_case("true") => Ok(true.into()),
            Err(_) if text.eq_ignore_ascii_case("false") => Ok(false.into()),
            _ => Err(Bad::Filter),
        }
    }
}

/// Where a text ends, behind its quotation mark.
fn end_of_text(inner: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}
