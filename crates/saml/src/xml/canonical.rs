//! Exclusive XML Canonicalization 1.0 (W3C, 18 July 2002) of one element, without comments.

use super::XmlFlaw;
use super::document::{Attribute, DEFAULT, Declaration, Document, Element, Kind, Name};
use super::escape;
use super::namespace::Ns;
use super::scope::XML;

/// What is left out, what is carried along, and how much it may be.
pub(crate) struct Choice<'a> {
    /// An element inside that isn't signed: the signature itself (XML Signature §6.6.4).
    pub(crate) without: Option<Element<'a>>,
    /// Prefixes that are declared whether they are used or not (§3, InclusiveNamespaces PrefixList).
    pub(crate) inclusive: Vec<&'a str>,
    /// Bytes beyond which there is no canonical form.
    pub(crate) most: usize,
}

/// The canonical form of `apex`, and nothing of what stands around it.
pub(crate) fn canonical<'d>(apex: Element<'d>, choice: &Choice<'d>) -> Result<String, XmlFlaw> {
    let document = apex.document;
    let skipped = choice.without.map_or(0..0, |element| element.at..element.end());
    let mut writer = Writer::new(apex, choice);
    let mut at = apex.at;
    while at < apex.end() {
        writer.close_before(at);
        if skipped.contains(&at) {
            at = skipped.end;
            continue;
        }
        match document.nodes[at].kind {
            Kind::Text(span) => escape::text(document.slice(span), &mut writer.out),
            Kind::Element(_) => writer.begin(Element { document, at }),
        }
        // A declaration repeated on every element makes much of little.
        if writer.out.len() > choice.most {
            return Err(XmlFlaw::TooLarge);
        }
        at += 1;
    }
    writer.close_before(apex.end());
    if writer.out.len() > choice.most { Err(XmlFlaw::TooLarge) } else { Ok(writer.out) }
}

struct Writer<'d> {
    document: &'d Document,
    apex: Element<'d>,
    /// The prefixes of the list; an empty one stands for none.
    inclusive: Vec<&'d str>,
    out: String,
    /// The elements that have begun, and how much was declared before each.
    open: Vec<(Element<'d>, usize)>,
    /// What the elements that have begun declare, outermost first.
    declared: Vec<(u16, Ns)>,
}

impl<'d> Writer<'d> {
    fn new(apex: Element<'d>, choice: &Choice<'d>) -> Self {
        let document = apex.document;
        let inclusive = choice.inclusive.iter().map(|name| if *name == "#default" { "" } else { *name }).collect();
        Self { document, apex, inclusive, out: String::new(), open: Vec::new(), declared: Vec::new() }
    }

    /// Ends the elements that end before the node `at`.
    fn close_before(&mut self, at: usize) {
        while let Some((element, declared)) = self.open.last().copied().filter(|(element, _)| element.end() <= at) {
            self.open.pop();
            self.declared.truncate(declared);
            self.out.push_str("</");
            self.name(element.tag().name);
            self.out.push('>');
        }
    }

    fn begin(&mut self, element: Element<'d>) {
        self.open.push((element, self.declared.len()));
        let name = element.tag().name;
        self.out.push('<');
        self.name(name);
        self.declare(element, name);
        let mut attributes: Vec<&Attribute> = element.attributes().iter().collect();
        let order = |one: &&Attribute| (self.document.uri(one.name.namespace), self.document.slice(one.name.local));
        attributes.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
        for attribute in attributes {
            self.out.push(' ');
            self.name(attribute.name);
            self.out.push_str("=\"");
            escape::value(self.document.slice(attribute.value), &mut self.out);
            self.out.push('"');
        }
        self.out.push('>');
    }

    fn name(&mut self, name: Name) {
        let prefix = self.document.prefix(name.prefix);
        if !prefix.is_empty() {
            self.out.push_str(prefix);
            self.out.push(':');
        }
        self.out.push_str(self.document.slice(name.local));
    }

    /// Declares what the element uses, and what is to be carried along, as far as no element around it did.
    fn declare(&mut self, element: Element<'d>, name: Name) {
        let attributes = element.attributes().iter().map(|one| (one.name.prefix, one.name.namespace));
        let mut wanted: Vec<(u16, Ns)> = attributes.filter(|(_, namespace)| *namespace != Ns::NONE).collect();
        wanted.push((name.prefix, name.namespace));
        // Inside the apex only what an element declares itself can be new.
        let around = std::iter::successors(Some(element), |one| if element == self.apex { one.parent() } else { None });
        for declaration in around.flat_map(|one| one.declarations()) {
            let Declaration { prefix, namespace } = *declaration;
            let name = self.document.prefix(prefix);
            let known = wanted.iter().any(|(other, _)| self.document.prefix(*other) == name);
            if self.inclusive.contains(&name) && !known {
                wanted.push((prefix, namespace));
            }
        }
        wanted.sort_unstable_by_key(|(prefix, _)| self.document.prefix(*prefix));
        wanted.dedup();
        for (prefix, namespace) in wanted {
            let name = self.document.prefix(prefix);
            let in_force = self.declared.iter().rfind(|(other, _)| self.document.prefix(*other) == name);
            if prefix == XML || in_force.is_some_and(|(_, same)| *same == namespace) {
                continue;
            }
            self.declared.push((prefix, namespace));
            self.out.push_str(" xmlns");
            if prefix != DEFAULT {
                self.out.push(':');
                self.out.push_str(name);
            }
            self.out.push_str("=\"");
            escape::value(self.document.uri(namespace), &mut self.out);
            self.out.push('"');
        }
    }
}
