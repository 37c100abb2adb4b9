//! The one reader: everything the profile doesn't know is refused while it is read.

use super::XmlFlaw;
use super::cursor::{Cursor, Qualified, is_name};
use super::document::{Attribute, Document, Kind, Name, Node, Span, Tag};
use super::limits::{ATTRIBUTES, DECLARATIONS, DEPTH, Profile};
use super::namespace::Ns;
use super::scope::Scope;

impl Document {
    /// Reads a document of this profile.
    pub(crate) fn read(bytes: &[u8], profile: &Profile) -> Result<Self, XmlFlaw> {
        if bytes.len() > profile.bytes {
            return Err(XmlFlaw::TooLarge);
        }
        if bytes.starts_with(b"\xef\xbb\xbf") {
            return Err(XmlFlaw::ByteOrderMark);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| XmlFlaw::NotUtf8)?;
        Reader::new(text, profile).read()
    }

    fn empty(length: usize) -> Self {
        Self {
            text: String::with_capacity(length),
            nodes: Vec::new(),
            attributes: Vec::new(),
            declarations: Vec::new(),
            prefixes: Vec::new(),
            own: Vec::new(),
        }
    }

    pub(super) fn append(&mut self, text: &str) -> Span {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.since(start)
    }

    fn since(&self, start: u32) -> Span {
        Span { start, end: self.text.len() as u32 }
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    profile: &'a Profile,
    document: Document,
    scope: Scope,
    /// The elements that have begun and not ended, with their names as written.
    open: Vec<(u32, Qualified<'a>)>,
    ids: Vec<Span>,
    /// How many elements were open when something encrypted began.
    encrypted: Option<usize>,
    /// The attributes of the element that is being read, with their names as written.
    written: Vec<(Qualified<'a>, Span)>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, profile: &'a Profile) -> Self {
        // Nothing that is read gets longer.
        let mut document = Document::empty(text.len());
        let scope = Scope::new(&mut document);
        let (open, ids, written) = (Vec::new(), Vec::new(), Vec::new());
        Self { cursor: Cursor::new(text), profile, document, scope, open, ids, encrypted: None, written }
    }

    fn read(mut self) -> Result<Document, XmlFlaw> {
        self.declaration()?;
        self.cursor.white();
        while self.cursor.peek().is_some() {
            let rest = self.cursor.rest();
            if rest.starts_with("</") {
                self.end()?;
            } else if let Some(flaw) = forbidden(rest) {
                return Err(flaw);
            } else if rest.starts_with('<') {
                self.begin()?;
            } else {
                self.text()?;
            }
            if self.open.is_empty() {
                self.cursor.white();
            }
        }
        if !self.open.is_empty() || self.document.nodes.is_empty() {
            return Err(XmlFlaw::Syntax);
        }
        self.ids_are_unique()?;
        Ok(self.document)
    }

    /// XML 1.0 §2.8, of which only one version in one encoding is taken.
    fn declaration(&mut self) -> Result<(), XmlFlaw> {
        if !self.cursor.rest().starts_with("<?xml") {
            return Ok(());
        }
        self.said().map_err(|flaw| if flaw == XmlFlaw::Syntax { XmlFlaw::Declaration } else { flaw })
    }

    fn said(&mut self) -> Result<(), XmlFlaw> {
        let cursor = &mut self.cursor;
        cursor.expect("<?xml")?;
        let mut white = cursor.white();
        let mut says = |name: &str, right: fn(&str) -> bool| {
            if !white || !cursor.eat(name) {
                return Ok(false);
            }
            cursor.white();
            cursor.expect("=")?;
            cursor.white();
            let right = right(cursor.literal()?);
            white = cursor.white();
            if right { Ok(true) } else { Err(XmlFlaw::Declaration) }
        };
        if !says("version", |version| version == "1.0")? {
            return Err(XmlFlaw::Declaration);
        }
        says("encoding", |encoding| encoding.eq_ignore_ascii_case("utf-8"))?;
        says("standalone", |standalone| matches!(standalone, "yes" | "no"))?;
        cursor.expect("?>")
    }

    fn text(&mut self) -> Result<(), XmlFlaw> {
        if self.open.is_empty() {
            return Err(XmlFlaw::Outside);
        }
        let start = self.document.text.len() as u32;
        self.cursor.text(&mut self.document.text)?;
        let said = self.document.since(start);
        self.push(Kind::Text(said))?;
        Ok(())
    }

    /// A start tag, or one that is both.
    fn begin(&mut self) -> Result<(), XmlFlaw> {
        if self.open.is_empty() && !self.document.nodes.is_empty() {
            return Err(XmlFlaw::Outside);
        }
        if self.open.len() == DEPTH {
            return Err(XmlFlaw::TooDeep);
        }
        self.cursor.expect("<")?;
        let written = self.cursor.qualified()?;
        self.attributes_as_written()?;
        let (declarations, rebinds) = self.declare()?;
        let (prefix, namespace) = self.scope.of_element(&self.document, written.prefix)?;
        if self.encrypted.is_none() && namespace == Ns::ENCRYPTION && written.local == "EncryptedData" {
            self.encrypted = Some(self.open.len());
        }
        if rebinds && self.encrypted.is_none() {
            return Err(XmlFlaw::PrefixRebound);
        }
        let attributes = self.attributes()?;
        let name = Name { prefix, namespace, local: self.document.append(written.local) };
        self.id(attributes)?;
        let at = self.push(Kind::Element(Tag { name, attributes, declarations }))?;
        self.open.push((at, written));
        if self.cursor.eat("/>") { self.close() } else { self.cursor.expect(">") }
    }

    fn end(&mut self) -> Result<(), XmlFlaw> {
        self.cursor.expect("</")?;
        let written = self.cursor.qualified()?;
        self.cursor.white();
        self.cursor.expect(">")?;
        if self.open.last().is_none_or(|(_, open)| *open != written) {
            return Err(XmlFlaw::Syntax);
        }
        self.close()
    }

    /// Ends the innermost element.
    fn close(&mut self) -> Result<(), XmlFlaw> {
        let (at, _) = self.open.pop().ok_or(XmlFlaw::Syntax)?;
        if self.encrypted == Some(self.open.len()) {
            self.encrypted = None;
        }
        let next = self.document.nodes.len() as u32;
        let node = &mut self.document.nodes[at as usize];
        node.next = next;
        if let Kind::Element(tag) = node.kind {
            let (start, end) = tag.declarations;
            self.scope.leave(&self.document.declarations[start as usize..end as usize]);
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind) -> Result<u32, XmlFlaw> {
        let at = self.document.nodes.len();
        if at >= self.profile.nodes {
            return Err(XmlFlaw::TooManyNodes);
        }
        let parent = self.open.last().map_or(0, |(open, _)| *open);
        self.document.nodes.push(Node { parent, next: at as u32 + 1, kind });
        Ok(at as u32)
    }

    fn attributes_as_written(&mut self) -> Result<(), XmlFlaw> {
        self.written.clear();
        while self.cursor.white() && !matches!(self.cursor.peek(), Some(b'/' | b'>')) {
            if self.written.len() == ATTRIBUTES + DECLARATIONS {
                return Err(XmlFlaw::TooManyAttributes);
            }
            let name = self.cursor.qualified()?;
            self.cursor.white();
            self.cursor.expect("=")?;
            self.cursor.white();
            let start = self.document.text.len() as u32;
            self.cursor.value(&mut self.document.text)?;
            if self.written.iter().any(|(other, _)| *other == name) {
                return Err(XmlFlaw::AttributeRepeated);
            }
            self.written.push((name, self.document.since(start)));
        }
        Ok(())
    }

    /// Declares the namespaces of the element that is being read; says whether a prefix gets another meaning.
    fn declare(&mut self) -> Result<((u32, u32), bool), XmlFlaw> {
        let (start, mut rebinds) = (self.document.declarations.len(), false);
        for (name, uri) in &self.written {
            let Some(prefix) = declared(*name) else { continue };
            if self.document.declarations.len() - start == DECLARATIONS {
                return Err(XmlFlaw::TooManyNamespaces);
            }
            let depth = self.open.len();
            let declared = self.scope.declare(&mut self.document, self.profile, depth, prefix, *uri)?;
            rebinds |= declared.rebinds;
            self.document.declarations.push(declared.declaration);
        }
        Ok(((start as u32, self.document.declarations.len() as u32), rebinds))
    }

    /// Resolves the attributes of the element that is being read.
    fn attributes(&mut self) -> Result<(u32, u32), XmlFlaw> {
        let start = self.document.attributes.len();
        for (name, value) in &self.written {
            if declared(*name).is_some() {
                continue;
            }
            if self.document.attributes.len() - start == ATTRIBUTES {
                return Err(XmlFlaw::TooManyAttributes);
            }
            let (prefix, namespace) = self.scope.of_attribute(&self.document, name.prefix)?;
            let allowed = match namespace {
                // `xml:id` and `xml:base` would change what the document means.
                Ns::XML => matches!(name.local, "lang" | "space"),
                _ => self.profile.foreign || namespace.has_attributes(),
            };
            if !allowed {
                return Err(XmlFlaw::AttributeForeign);
            }
            let same =
                |one: &Attribute| one.name.namespace == namespace && self.document.slice(one.name.local) == name.local;
            if self.document.attributes[start..].iter().any(same) {
                return Err(XmlFlaw::AttributeRepeated);
            }
            let name = Name { prefix, namespace, local: self.document.append(name.local) };
            self.document.attributes.push(Attribute { name, value: *value });
        }
        Ok((start as u32, self.document.attributes.len() as u32))
    }

    /// An element has one ID, whatever way to write it a reader may believe in: `ID`, `Id`, `id`, with or without a prefix.
    fn id(&mut self, (start, end): (u32, u32)) -> Result<(), XmlFlaw> {
        let attributes = &self.document.attributes[start as usize..end as usize];
        let is_id = |one: &&Attribute| self.document.slice(one.name.local).eq_ignore_ascii_case("id");
        let mut ids = attributes.iter().filter(is_id);
        let Some(id) = ids.next() else { return Ok(()) };
        if ids.next().is_some() || id.name.namespace != Ns::NONE {
            return Err(XmlFlaw::IdAmbiguous);
        }
        if !is_name(self.document.slice(id.value)) {
            return Err(XmlFlaw::IdMalformed);
        }
        self.ids.push(id.value);
        Ok(())
    }

    fn ids_are_unique(&mut self) -> Result<(), XmlFlaw> {
        let document = &self.document;
        self.ids.sort_unstable_by(|a, b| document.slice(*a).cmp(document.slice(*b)));
        let repeated = self.ids.windows(2).any(|pair| document.slice(pair[0]) == document.slice(pair[1]));
        if repeated { Err(XmlFlaw::IdRepeated) } else { Ok(()) }
    }
}

/// What is refused wherever it stands.
fn forbidden(rest: &str) -> Option<XmlFlaw> {
    let markup = [
        ("<!--", XmlFlaw::Comment),
        ("<![CDATA[", XmlFlaw::Cdata),
        ("<!DOCTYPE", XmlFlaw::DocumentType),
        ("<!", XmlFlaw::Syntax),
        ("<?", XmlFlaw::ProcessingInstruction),
    ];
    markup.iter().find(|(start, _)| rest.starts_with(start)).map(|(_, flaw)| *flaw)
}

/// The prefix that this attribute declares, if it declares one.
fn declared(name: Qualified<'_>) -> Option<&str> {
    match name {
        Qualified { prefix: "", local: "xmlns" } => Some(""),
        Qualified { prefix: "xmlns", local } => Some(local),
        _ => None,
    }
}
