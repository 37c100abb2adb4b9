//! Reading a document's elements in the order its schema gives them.

use super::ShapeFlaw;
use super::document::Element;
use super::namespace::Ns;

/// The elements inside one element, taken one after the other.
pub(crate) struct Sequence<'d> {
    rest: std::vec::IntoIter<Element<'d>>,
}

impl<'d> Sequence<'d> {
    /// The next element, which has to be this one.
    pub(crate) fn one(&mut self, namespace: Ns, local: &'static str) -> Result<Element<'d>, ShapeFlaw> {
        self.maybe(namespace, local).ok_or(ShapeFlaw::ElementMissing(local))
    }

    /// The next element, if it is this one.
    pub(crate) fn maybe(&mut self, namespace: Ns, local: &str) -> Option<Element<'d>> {
        let here = self.rest.as_slice().first().is_some_and(|next| next.is(namespace, local));
        if here { self.rest.next() } else { None }
    }

    /// All next elements that are this one.
    pub(crate) fn many(&mut self, namespace: Ns, local: &str) -> Vec<Element<'d>> {
        std::iter::from_fn(|| self.maybe(namespace, local)).collect()
    }

    /// All that is left.
    pub(crate) fn rest(self) -> impl Iterator<Item = Element<'d>> {
        self.rest
    }

    /// That there is nothing more.
    pub(crate) fn end(&self) -> Result<(), ShapeFlaw> {
        if self.rest.as_slice().is_empty() { Ok(()) } else { Err(ShapeFlaw::ElementUnexpected) }
    }
}

impl<'d> Element<'d> {
    /// The elements inside it, between which nothing may be said.
    pub(crate) fn sequence(&self) -> Result<Sequence<'d>, ShapeFlaw> {
        let silent = |text: &str| text.bytes().all(|byte| byte.is_ascii_whitespace());
        if !self.texts().all(silent) {
            return Err(ShapeFlaw::Mixed);
        }
        Ok(Sequence { rest: self.children().collect::<Vec<_>>().into_iter() })
    }

    /// That there is nothing inside it.
    pub(crate) fn nothing(&self) -> Result<(), ShapeFlaw> {
        self.sequence()?.end()
    }

    /// What it says, which has to be something, without elements.
    pub(crate) fn said(&self, what: &'static str) -> Result<&'d str, ShapeFlaw> {
        let text = self.text().ok_or(ShapeFlaw::Mixed)?;
        if text.is_empty() { Err(ShapeFlaw::Value(what)) } else { Ok(text) }
    }

    /// The value of an attribute that has to be there.
    pub(crate) fn required(&self, local: &'static str) -> Result<&'d str, ShapeFlaw> {
        self.attribute(local).ok_or(ShapeFlaw::AttributeMissing(local))
    }

    /// That it has no attributes but these, those of other namespaces aside.
    pub(crate) fn only(&self, names: &[&str]) -> Result<(), ShapeFlaw> {
        if self.attribute_names().all(|name| names.contains(&name)) {
            Ok(())
        } else {
            Err(ShapeFlaw::AttributeUnexpected)
        }
    }
}
