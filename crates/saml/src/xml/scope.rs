//! What prefixes mean at a place of a document.
//!
//! A prefix means one namespace in the whole document; that it was declared says only where it may be used. There are two
//! exceptions, because identity providers write so: what has no prefix may change its meaning from place to place, among the
//! namespaces of the profile (Entra ID, AD FS); and inside of what is encrypted prefixes may begin anew (pysaml2).

use super::XmlFlaw;
use super::document::{DEFAULT, Declaration, Document, Prefix, Span};
use super::limits::Profile;
use super::namespace::Ns;

/// The prefix that needs no declaration.
pub(super) const XML: u16 = 1;

pub(super) struct Scope {
    /// For each prefix of the document, how deep the open elements are that declare it.
    declared: Vec<Vec<u16>>,
    /// What no prefix means, for each open element that says so.
    defaults: Vec<Ns>,
}

/// A declaration, and whether it gives another meaning to a prefix that has one.
pub(super) struct Declared {
    pub(super) declaration: Declaration,
    pub(super) rebinds: bool,
}

impl Scope {
    pub(super) fn new(document: &mut Document) -> Self {
        let empty = document.append("");
        let xml = document.append("xml");
        document.prefixes.push(Prefix { name: empty, namespace: Ns::NONE });
        document.prefixes.push(Prefix { name: xml, namespace: Ns::XML });
        Self { declared: vec![vec![], vec![0]], defaults: Vec::new() }
    }

    /// Declares `prefix` for an element that begins, inside of `depth` others.
    pub(super) fn declare(
        &mut self,
        document: &mut Document,
        profile: &Profile,
        depth: usize,
        prefix: &str,
        uri: Span,
    ) -> Result<Declared, XmlFlaw> {
        let namespace = named(document, profile, uri)?;
        if namespace == Ns::XML || prefix == "xmlns" || !namespace.may_be_called(prefix) {
            return Err(XmlFlaw::PrefixRebound);
        }
        if prefix.is_empty() {
            self.defaults.push(namespace);
            return Ok(Declared { declaration: Declaration { prefix: DEFAULT, namespace }, rebinds: false });
        }
        let first = document.prefixes_named(prefix).next();
        let known = document.prefixes_named(prefix).find(|known| document.meaning(*known) == namespace);
        let at = match known {
            Some(known) => known,
            None if document.prefixes.len() >= profile.namespaces => return Err(XmlFlaw::TooManyNamespaces),
            None => {
                let name = document.append(prefix);
                document.prefixes.push(Prefix { name, namespace });
                self.declared.push(Vec::new());
                (document.prefixes.len() - 1) as u16
            }
        };
        self.declared[usize::from(at)].push(depth as u16);
        let rebinds = first.is_some_and(|first| first != at);
        Ok(Declared { declaration: Declaration { prefix: at, namespace }, rebinds })
    }

    /// Forgets what an element that ends has declared.
    pub(super) fn leave(&mut self, declarations: &[Declaration]) {
        for declaration in declarations {
            if declaration.prefix == DEFAULT {
                self.defaults.pop();
            } else {
                self.declared[usize::from(declaration.prefix)].pop();
            }
        }
    }

    /// What an element's prefix means here.
    pub(super) fn of_element(&self, document: &Document, prefix: &str) -> Result<(u16, Ns), XmlFlaw> {
        if prefix.is_empty() {
            return self.defaults.last().map(|namespace| (DEFAULT, *namespace)).ok_or(XmlFlaw::NoNamespace);
        }
        self.of_prefix(document, prefix)
    }

    /// What an attribute's prefix means here. Without one it has no namespace (Namespaces in XML 1.0 §6.2).
    pub(super) fn of_attribute(&self, document: &Document, prefix: &str) -> Result<(u16, Ns), XmlFlaw> {
        if prefix.is_empty() { Ok((DEFAULT, Ns::NONE)) } else { self.of_prefix(document, prefix) }
    }

    /// The innermost meaning that was declared.
    fn of_prefix(&self, document: &Document, prefix: &str) -> Result<(u16, Ns), XmlFlaw> {
        let declared =
            document.prefixes_named(prefix).filter_map(|at| Some((self.declared[usize::from(at)].last()?, at)));
        declared.max().map(|(_, at)| (at, document.meaning(at))).ok_or(XmlFlaw::PrefixUndeclared)
    }
}

/// The namespace of this name.
fn named(document: &mut Document, profile: &Profile, uri: Span) -> Result<Ns, XmlFlaw> {
    let name = document.slice(uri);
    if let Some(known) = Ns::known(name) {
        return Ok(known);
    }
    if !is_absolute(name) {
        return Err(XmlFlaw::NamespaceRelative);
    }
    if !profile.foreign {
        return Err(XmlFlaw::NamespaceForeign);
    }
    if let Some(nth) = document.own.iter().position(|own| document.slice(*own) == name) {
        return Ok(Ns::own(nth));
    }
    if document.own.len() >= profile.namespaces {
        return Err(XmlFlaw::TooManyNamespaces);
    }
    document.own.push(uri);
    Ok(Ns::own(document.own.len() - 1))
}

/// Whether a URI has a scheme (RFC 3986 §3.1) and something after it.
fn is_absolute(uri: &str) -> bool {
    let is_scheme = |scheme: &str| {
        let tail = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(tail)
    };
    let graphic = uri.bytes().all(|byte| byte.is_ascii_graphic());
    graphic && uri.split_once(':').is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty())
}
