//! What may stand where, before anything is believed.
//!
//! Some containers are never read (`StatusDetail`, `KeyInfo`, `AuthnContextDecl`), and a document may hide in them what others would
//! find by looking for a name anywhere. Whatever a response is made of stands once, and in its place.

use crate::refusal::Rejected;
use crate::signature::SignatureFlaw;
use crate::xml::{Document, Element, Ns};

/// Looks at every element of a response: one assertion, signatures only inside what they cover.
pub(super) fn response(document: &Document) -> Result<(), Rejected> {
    let root = document.root();
    let mut assertions = 0;
    for element in document.elements() {
        if element.is(Ns::SIGNATURE, "Signature") {
            signature(element, root)?;
        } else if is_around(element) && element != root && !is_status_of(element, root) {
            return Err(Rejected::ResponseCount);
        } else if is_assertion(element) {
            assertions += 1;
            if element.parent() != Some(root) {
                return Err(Rejected::AssertionCount);
            }
        }
    }
    if assertions > 1 { Err(Rejected::AssertionCount) } else { Ok(()) }
}

/// Looks at every element of an assertion that was encrypted.
pub(super) fn assertion(document: &Document) -> Result<(), Rejected> {
    let root = document.root();
    for element in document.elements() {
        if element.is(Ns::SIGNATURE, "Signature") {
            signature(element, root)?;
        } else if is_around(element) {
            return Err(Rejected::ResponseCount);
        } else if is_assertion(element) && element != root {
            return Err(Rejected::AssertionCount);
        }
    }
    Ok(())
}

/// A signature stands directly inside a response or an assertion, and these stand where the document has them.
fn signature(signature: Element<'_>, root: Element<'_>) -> Result<(), SignatureFlaw> {
    let signed = signature.parent().ok_or(SignatureFlaw::Misplaced)?;
    let in_place = signed == root || signed.is(Ns::ASSERTION, "Assertion") && signed.parent() == Some(root);
    if in_place { Ok(()) } else { Err(SignatureFlaw::Misplaced) }
}

fn is_assertion(element: Element<'_>) -> bool {
    element.is(Ns::ASSERTION, "Assertion") || element.is(Ns::ASSERTION, "EncryptedAssertion")
}

/// What stands around an assertion.
fn is_around(element: Element<'_>) -> bool {
    element.is(Ns::PROTOCOL, "Response") || element.is(Ns::PROTOCOL, "Status")
}

/// The envelope has made sure that there is one.
fn is_status_of(element: Element<'_>, root: Element<'_>) -> bool {
    element.is(Ns::PROTOCOL, "Status") && element.parent() == Some(root)
}
