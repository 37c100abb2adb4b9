//! The smallest pieces of XML: names, references, characters.

use super::XmlFlaw;

/// A place in a text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Reads `token` if it stands here.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        let here = self.rest().starts_with(token);
        if here {
            self.at += token.len();
        }
        here
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), XmlFlaw> {
        if self.eat(token) { Ok(()) } else { Err(XmlFlaw::Syntax) }
    }

    /// Reads white space; says whether there was any.
    pub(super) fn white(&mut self) -> bool {
        !self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).is_empty()
    }

    /// Reads a name with or without a prefix (Namespaces in XML 1.0 §4).
    pub(super) fn qualified(&mut self) -> Result<Qualified<'a>, XmlFlaw> {
        let first = self.name()?;
        if self.eat(":") {
            Ok(Qualified { prefix: first, local: self.name()? })
        } else {
            Ok(Qualified { prefix: "", local: first })
        }
    }

    fn name(&mut self) -> Result<&'a str, XmlFlaw> {
        let name = self.take_while(is_name_byte);
        if is_name(name) { Ok(name) } else { Err(XmlFlaw::Syntax) }
    }

    /// Reads what is in quotes as it stands, without references: for the XML declaration alone.
    pub(super) fn literal(&mut self) -> Result<&'a str, XmlFlaw> {
        let quote = self.quote()?;
        let literal = self.take_while(|byte| byte != quote && byte.is_ascii_graphic());
        self.close(quote)?;
        Ok(literal)
    }

    /// Reads the value of an attribute and appends it: references resolved, white space normal (XML 1.0 §3.3.3).
    pub(super) fn value(&mut self, out: &mut String) -> Result<(), XmlFlaw> {
        let quote = self.quote()?;
        while let Some(byte) = self.peek().filter(|byte| *byte != quote) {
            match byte {
                b'<' => return Err(XmlFlaw::Syntax),
                b'&' => out.push(self.reference()?),
                b'\t' | b'\n' | b'\r' => {
                    self.line_end_or_byte();
                    out.push(' ');
                }
                _ => out.push(self.character()?),
            }
        }
        self.close(quote)
    }

    /// Reads text up to the next tag and appends it: references resolved, line ends normal (XML 1.0 §2.11).
    pub(super) fn text(&mut self, out: &mut String) -> Result<(), XmlFlaw> {
        while let Some(byte) = self.peek().filter(|byte| *byte != b'<') {
            match byte {
                b'&' => out.push(self.reference()?),
                b'\r' => {
                    self.line_end_or_byte();
                    out.push('\n');
                }
                // XML 1.0 §2.4.
                b']' if self.rest().starts_with("]]>") => return Err(XmlFlaw::Syntax),
                _ => out.push(self.character()?),
            }
        }
        Ok(())
    }

    /// `\r\n` is one line end.
    fn line_end_or_byte(&mut self) {
        self.at += if self.rest().starts_with("\r\n") { 2 } else { 1 };
    }

    fn character(&mut self) -> Result<char, XmlFlaw> {
        let character = self.rest().chars().next().filter(|c| is_character(*c)).ok_or(XmlFlaw::Character)?;
        self.at += character.len_utf8();
        Ok(character)
    }

    /// Reads one of the five entities of XML, or a reference to a character (XML 1.0 §4.1, §4.6).
    fn reference(&mut self) -> Result<char, XmlFlaw> {
        let named = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\'')];
        if let Some((_, character)) = named.iter().find(|(entity, _)| self.eat(entity)) {
            return Ok(*character);
        }
        let radix = match (self.eat("&#x"), self.eat("&#")) {
            (true, _) => 16,
            (_, true) => 10,
            _ => return Err(XmlFlaw::Entity),
        };
        let digits = self.take_while(|byte| byte.is_ascii_hexdigit());
        self.expect(";")?;
        // Leading zeros have no end.
        if digits.len() > 8 {
            return Err(XmlFlaw::Character);
        }
        let point = u32::from_str_radix(digits, radix).map_err(|_| XmlFlaw::Syntax)?;
        char::from_u32(point).filter(|c| is_character(*c)).ok_or(XmlFlaw::Character)
    }

    fn quote(&mut self) -> Result<u8, XmlFlaw> {
        let quote = self.peek().filter(|byte| matches!(byte, b'"' | b'\'')).ok_or(XmlFlaw::Syntax)?;
        self.at += 1;
        Ok(quote)
    }

    fn close(&mut self, quote: u8) -> Result<(), XmlFlaw> {
        if self.peek() != Some(quote) {
            return Err(XmlFlaw::Syntax);
        }
        self.at += 1;
        Ok(())
    }

    /// Reads ASCII while it is wanted.
    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.bytes().position(|byte| !byte.is_ascii() || !wanted(byte)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }
}

/// A name as it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Qualified<'a> {
    /// Empty without a prefix.
    pub(super) prefix: &'a str,
    pub(super) local: &'a str,
}

/// Whether this is an NCName. XML knows names in other scripts; SAML, XML Signature and XML Encryption have none.
pub(crate) fn is_name(text: &str) -> bool {
    text.bytes().all(is_name_byte)
        && text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// XML 1.0 §2.2 `Char`.
fn is_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
