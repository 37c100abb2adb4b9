//! Believing a response, step by step.
//!
//! Each step hands the next one only what it has proved: a signature is answered with a new document that holds what it covers
//! and nothing else, and claims are read from that.

mod accepted;
mod claims;
mod envelope;
mod expectations;
mod screen;
#[cfg(test)]
mod tests;

pub use accepted::{Accepted, Attributes, Clear, NameId, Unspent};
pub use expectations::{Answers, Expectations, SKEW_MS};

use envelope::{Carried, Envelope};

use crate::base64;
use crate::encryption::{self, EncryptionFlaw};
use crate::refusal::Rejected;
use crate::signature::{self, SignatureFlaw};
use crate::xml::{Document, Element, MESSAGE, Ns, ShapeFlaw};

/// Verifies the form field `SAMLResponse` (SAML Bindings §3.5.4).
pub fn verify_form(field: &str, expected: &Expectations<'_>) -> Result<Unspent, Rejected> {
    // base64 is a third longer than what it stands for, and may be broken into lines.
    if field.len() > MESSAGE.bytes * 3 / 2 {
        return Err(Rejected::Form);
    }
    verify(&base64::decode(field, "SAMLResponse").map_err(|_| Rejected::Form)?, expected)
}

/// Verifies a response. What comes back is good, and counts once: see [`Unspent`].
pub fn verify(bytes: &[u8], expected: &Expectations<'_>) -> Result<Unspent, Rejected> {
    if expected.identity_provider.valid_until_ms().is_some_and(|end| expected.is_over(end)) {
        return Err(Rejected::MetadataExpired);
    }
    let response = Document::read(bytes, &MESSAGE)?;
    // What nobody has signed may refuse itself, and may do nothing else.
    let envelope = Envelope::read(response.root(), expected)?;
    screen::response(&response)?;
    match envelope.signature {
        Some(signature) => {
            let signed = signature::verify(response.root(), signature, expected.identity_provider.keys())?;
            Envelope::read(signed.root(), expected)?;
        }
        None if expected.response_signed => return Err(SignatureFlaw::ResponseUnsigned.into()),
        None => {}
    }
    // The assertion is taken from the document as it came: what the response's signature carries along of the namespaces around it
    // need not be what the assertion's own signature wants. It has to be signed either way.
    match envelope.assertion {
        Carried::Clear(_) if expected.assertion_encrypted => Err(EncryptionFlaw::Missing.into()),
        Carried::Clear(assertion) => self::assertion(assertion, expected),
        Carried::Encrypted(encrypted) => {
            let opened = encryption::decrypt(encrypted, &expected.service_provider.decryption_keys)?;
            let opened = Document::read(&opened, &MESSAGE)?;
            screen::assertion(&opened)?;
            self::assertion(opened.root(), expected)
        }
    }
}

/// The claims of an assertion, once its signature holds.
fn assertion(assertion: Element<'_>, expected: &Expectations<'_>) -> Result<Unspent, Rejected> {
    if !assertion.is(Ns::ASSERTION, "Assertion") {
        return Err(ShapeFlaw::Root("Assertion").into());
    }
    let mut parts = assertion.sequence()?;
    parts.one(Ns::ASSERTION, "Issuer")?;
    let signature = parts.maybe(Ns::SIGNATURE, "Signature").ok_or(SignatureFlaw::AssertionUnsigned)?;
    let signed = signature::verify(assertion, signature, expected.identity_provider.keys())?;
    claims::read(signed.root(), expected).map(Unspent)
}
