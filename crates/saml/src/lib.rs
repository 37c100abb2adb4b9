//! The strict SAML 2.0 profile of a service provider.
//!
//! A browser is sent to an identity provider with a signed [`AuthnRequest`] and comes back with a response. [`verify`] believes it
//! only if it is exactly what the profile knows, and then tells what the identity provider *signed*: the bytes that were digested
//! are read anew, by the same strict reader, and claims come from there and from nowhere else.
//!
//! ```text
//! bytes ─► strict reader ─► screen ─► signature of the response, if any ─► its canonical bytes, read anew
//!                                                                            │ (or decrypted, read and screened)
//!   claims ◄─ canonical bytes of the assertion, read anew ◄─ signature of the assertion ◄┘
//! ```
//!
//! What the profile doesn't know is refused: document types, processing instructions, comments, CDATA, entities, namespaces and
//! prefixes outside a list, every transform but two, SHA-1, RSA under 2048 bits, keys inside the document, second assertions. The
//! reasons are [`Rejected`], with stable codes; none carries what the document said.
//!
//! This crate does no input or output, knows no other crate of the product, keeps no clock and no memory, and makes nothing at random
//! but [keys](MadeKey). What
//! needs memory is handed back as a duty: an assertion is [`Unspent`] until the caller says that its ID was new.
//!
//! # Signing somebody in
//!
//! ```
//! use sealpost_saml::{AuthnRequest, Expectations, IdentityProvider, Rejected, RequestId, ServiceProvider, SigningKey};
//!
//! /// Where to send the browser. `id` is kept in its cookie, with the moment.
//! fn begin(
//!     us: &ServiceProvider,
//!     idp: &IdentityProvider,
//!     key: &SigningKey,
//!     id: &RequestId,
//!     now_ms: i64,
//! ) -> Result<String, sealpost_saml::RequestError> {
//!     let request =
//!         AuthnRequest { id, issued_ms: now_ms, force_authn: false, authn_context: &[], name_id_format: None };
//!     request.redirect(us, idp, key, None)
//! }
//!
//! /// Who came back with the form field `SAMLResponse`. `remember` keeps the ID of an assertion until a moment, in one step, and
//! /// says whether it was new.
//! fn end(
//!     us: &ServiceProvider,
//!     idp: &IdentityProvider,
//!     asked: &RequestId,
//!     field: &str,
//!     now_ms: i64,
//!     remember: &dyn Fn(&str, i64) -> bool,
//! ) -> Result<String, Rejected> {
//!     let unspent = sealpost_saml::verify_form(field, &Expectations::new(now_ms, us, idp, asked))?;
//!     let first_use = remember(unspent.assertion_id(), unspent.remember_until_ms());
//!     let accepted = unspent.spend(first_use)?;
//!     // The member is (connection, issuer, name): a name or an address alone is nobody.
//!     Ok(accepted.name_id().value().expose().to_owned())
//! }
//!
//! let refused = IdentityProvider::from_metadata(b"<!DOCTYPE x>").unwrap_err();
//! assert_eq!(refused.code(), "xml_document_type");
//! # let _ = (begin, end);
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod address;
mod base64;
mod encryption;
mod keys;
mod metadata;
mod moment;
mod refusal;
mod request;
mod response;
mod signature;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod xml;

pub use encryption::EncryptionFlaw;
pub use keys::{
    Certificate, CertificateFlaw, DecryptionKey, KeyKind, Lifetime, MadeKey, NotAKey, NotMade, PublicKey, SigningKey,
};
pub use metadata::{IdentityProvider, MetadataFlaw, ServiceProvider};
pub use refusal::{Rejected, Status};
pub use request::{AuthnRequest, PostForm, RequestError, RequestId};
pub use response::{Accepted, Answers, Attributes, Clear, Expectations, NameId, SKEW_MS, Unspent, verify, verify_form};
pub use signature::SignatureFlaw;
pub use xml::{ShapeFlaw, XmlFlaw};

/// For fuzzers and referees alone.
#[doc(hidden)]
pub mod __judging {
    use crate::xml::{Choice, Document, MESSAGE, METADATA, XmlFlaw, canonical as form};

    /// The canonical form of the `nth` element of a document; nothing if it has fewer.
    pub fn canonical(bytes: &[u8], nth: usize, inclusive: &[&str]) -> Result<Option<String>, XmlFlaw> {
        let document = Document::read(bytes, &MESSAGE)?;
        let choice = Choice { without: None, inclusive: inclusive.to_vec(), most: usize::MAX };
        document.elements().nth(nth).map(|element| form(element, &choice)).transpose()
    }

    /// Whether bytes are a document as metadata may be one.
    pub fn is_metadata_document(bytes: &[u8]) -> Result<(), XmlFlaw> {
        Document::read(bytes, &METADATA).map(drop)
    }
}
