//! A document that passed the reader: a flat list of elements and texts, and ways through it that never recurse.

use super::namespace::Ns;

/// A document.
pub(crate) struct Document {
    /// Names, values and texts, one after the other.
    pub(super) text: String,
    /// Elements and texts in the order of the document; the first is the root.
    pub(super) nodes: Vec<Node>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) declarations: Vec<Declaration>,
    /// All prefixes of the document, once for each meaning. The first stands for no prefix.
    pub(super) prefixes: Vec<Prefix>,
    /// Namespaces outside the list.
    pub(super) own: Vec<Span>,
}

/// Bytes of `Document::text`.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

pub(super) struct Node {
    pub(super) parent: u32,
    /// The node after this one and all inside it.
    pub(super) next: u32,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Text(Span),
    Element(Tag),
}

#[derive(Clone, Copy)]
pub(super) struct Tag {
    pub(super) name: Name,
    /// Where its attributes and declarations begin; they end where those of the next element begin.
    pub(super) attributes: (u32, u32),
    pub(super) declarations: (u32, u32),
}

#[derive(Clone, Copy)]
pub(super) struct Name {
    /// Its place in `Document::prefixes`.
    pub(super) prefix: u16,
    pub(super) namespace: Ns,
    pub(super) local: Span,
}

#[derive(Clone, Copy)]
pub(super) struct Attribute {
    pub(super) name: Name,
    pub(super) value: Span,
}

#[derive(Clone, Copy)]
pub(super) struct Declaration {
    pub(super) prefix: u16,
    pub(super) namespace: Ns,
}

#[derive(Clone, Copy)]
pub(super) struct Prefix {
    pub(super) name: Span,
    pub(super) namespace: Ns,
}

/// The prefix that is none.
pub(super) const DEFAULT: u16 = 0;

impl Document {
    pub(crate) fn root(&self) -> Element<'_> {
        Element { document: self, at: 0 }
    }

    /// All elements, in the order of the document.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        (0..self.nodes.len()).filter_map(|at| self.element(at))
    }

    pub(super) fn slice(&self, span: Span) -> &str {
        &self.text[span.start as usize..span.end as usize]
    }

    pub(super) fn uri(&self, namespace: Ns) -> &str {
        let own = || namespace.own_number().and_then(|nth| self.own.get(nth));
        namespace.uri().or_else(|| own().map(|span| self.slice(*span))).unwrap_or_default()
    }

    pub(super) fn prefix(&self, prefix: u16) -> &str {
        self.slice(self.prefixes[usize::from(prefix)].name)
    }

    /// The meanings of a prefix, in the order in which they were given. Outside of what is encrypted there is one.
    pub(super) fn prefixes_named(&self, name: &str) -> impl Iterator<Item = u16> {
        (DEFAULT + 1..self.prefixes.len() as u16).filter(move |at| self.prefix(*at) == name)
    }

    pub(super) fn meaning(&self, prefix: u16) -> Ns {
        self.prefixes[usize::from(prefix)].namespace
    }

    fn element(&self, at: usize) -> Option<Element<'_>> {
        matches!(self.nodes[at].kind, Kind::Element(_)).then_some(Element { document: self, at })
    }
}

/// An element of a document.
#[derive(Clone, Copy)]
pub(crate) struct Element<'d> {
    pub(crate) document: &'d Document,
    /// Its place in `Document::nodes`.
    pub(super) at: usize,
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.at == other.at
    }
}

impl<'d> Element<'d> {
    pub(super) fn tag(&self) -> Tag {
        match self.document.nodes[self.at].kind {
            Kind::Element(tag) => tag,
            // An `Element` is only made for an element.
            Kind::Text(span) => Tag {
                name: Name { prefix: DEFAULT, namespace: Ns::NONE, local: span },
                attributes: (0, 0),
                declarations: (0, 0),
            },
        }
    }

    /// The node after it and all inside it.
    pub(super) fn end(&self) -> usize {
        self.document.nodes[self.at].next as usize
    }

    pub(crate) fn namespace(&self) -> Ns {
        self.tag().name.namespace
    }

    pub(crate) fn local(&self) -> &'d str {
        self.document.slice(self.tag().name.local)
    }

    pub(crate) fn is(&self, namespace: Ns, local: &str) -> bool {
        self.namespace() == namespace && self.local() == local
    }

    pub(crate) fn parent(&self) -> Option<Element<'d>> {
        (self.at > 0).then(|| Self { document: self.document, at: self.document.nodes[self.at].parent as usize })
    }

    /// The value of the attribute of this name and no namespace.
    pub(crate) fn attribute(&self, local: &str) -> Option<&'d str> {
        let of_name = |one: &&Attribute| one.name.namespace == Ns::NONE && self.document.slice(one.name.local) == local;
        self.attributes().iter().find(of_name).map(|one| self.document.slice(one.value))
    }

    /// The names of its attributes that have no namespace.
    pub(crate) fn attribute_names(&self) -> impl Iterator<Item = &'d str> + use<'d> {
        let document = self.document;
        let plain = self.attributes().iter().filter(|one| one.name.namespace == Ns::NONE);
        plain.map(|one| document.slice(one.name.local))
    }

    /// The values of all its attributes.
    pub(crate) fn attribute_values(&self) -> impl Iterator<Item = &'d str> + use<'d> {
        let document = self.document;
        self.attributes().iter().map(|one| document.slice(one.value))
    }

    pub(super) fn attributes(&self) -> &'d [Attribute] {
        let (start, end) = self.tag().attributes;
        &self.document.attributes[start as usize..end as usize]
    }

    pub(super) fn declarations(&self) -> &'d [Declaration] {
        let (start, end) = self.tag().declarations;
        &self.document.declarations[start as usize..end as usize]
    }

    /// The elements directly inside it.
    pub(crate) fn children(&self) -> impl Iterator<Item = Element<'d>> + use<'d> {
        let document = self.document;
        self.inside().filter_map(move |at| document.element(at))
    }

    /// The runs of text directly inside it.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &'d str> + use<'d> {
        let document = self.document;
        self.inside().filter_map(move |at| match document.nodes[at].kind {
            Kind::Text(span) => Some(document.slice(span)),
            Kind::Element(_) => None,
        })
    }

    /// What it says, if it says it without elements.
    pub(crate) fn text(&self) -> Option<&'d str> {
        // Between two tags there is one run of text.
        let said = self.texts().next().unwrap_or_default();
        self.children().next().is_none().then_some(said)
    }

    /// The nodes directly inside it.
    fn inside(&self) -> impl Iterator<Item = usize> + use<'d> {
        let (document, end) = (self.document, self.end());
        let first = (self.at + 1 < end).then_some(self.at + 1);
        std::iter::successors(first, move |at| {
            let next = document.nodes[*at].next as usize;
            (next < end).then_some(next)
        })
    }
}
