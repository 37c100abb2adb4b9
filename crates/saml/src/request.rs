//! Asking an identity provider to authenticate somebody (SAML Core §3.4.1), by either binding (SAML Bindings §3.4, §3.5).

use std::fmt::Write as _;

use thiserror::Error;

use crate::base64;
use crate::keys::SigningKey;
use crate::metadata::{IdentityProvider, POST, ServiceProvider};
use crate::moment;
use crate::signature;
use crate::xml::{Writer, is_name};

/// SAML Bindings §3.4.3.
const LONGEST_RELAY_STATE: usize = 80;

/// The ID of a request, which its answer has to name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// An ID of random bytes: at least 16 of them, that nobody can guess (SAML Core §1.3.4).
    pub fn from_random(bytes: [u8; 20]) -> Self {
        let mut id = String::from("_");
        for byte in bytes {
            let _ = write!(id, "{byte:02x}");
        }
        Self(id)
    }

    /// An ID that was kept.
    pub fn parse(text: &str) -> Option<Self> {
        (is_name(text) && text.len() <= 128).then(|| Self(text.to_owned()))
    }

    /// The text to keep.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A request to authenticate somebody. It is always signed.
#[derive(Clone, Debug)]
pub struct AuthnRequest<'a> {
    /// Its ID, which is to be kept with the browser that carries it.
    pub id: &'a RequestId,
    /// Now.
    pub issued_ms: i64,
    /// Whether a session that the identity provider has is not enough.
    pub force_authn: bool,
    /// Ways of authentication of which one is required, by the names of `AuthnContextClassRef`; none means any.
    pub authn_context: &'a [&'a str],
    /// The format of the name that is asked for, if it matters.
    pub name_id_format: Option<&'a str>,
}

/// A form that a browser is to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostForm {
    /// Where to: an `https` URL.
    pub action: String,
    /// The value of `SAMLRequest`.
    pub saml_request: String,
    /// The value of `RelayState`, if there is one.
    pub relay_state: Option<String>,
}

/// Why a request can't be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// The identity provider has no address for this binding.
    #[error("the identity provider has no address for this binding")]
    NoEndpoint,
    /// More than 80 bytes of relay state.
    #[error("the relay state is longer than 80 bytes")]
    RelayState,
    /// The key failed, or a name in the request isn't XML.
    #[error("the request can't be signed")]
    Signing,
}

impl AuthnRequest<'_> {
    /// The URL to redirect the browser to.
    pub fn redirect(
        &self,
        from: &ServiceProvider,
        to: &IdentityProvider,
        key: &SigningKey,
        relay_state: Option<&str>,
    ) -> Result<String, RequestError> {
        let destination = to.redirect_url().ok_or(RequestError::NoEndpoint)?;
        let (head, tail) = self.write(from, destination);
        // §3.4.4.1: these, in this order, as they are escaped here, are what is signed.
        let mut query = format!("SAMLRequest={}", escaped(&base64::encode(deflated(&format!("{head}{tail}")))));
        if let Some(state) = checked(relay_state)? {
            let _ = write!(query, "&RelayState={}", escaped(state));
        }
        let _ = write!(query, "&SigAlg={}", escaped(key.method().uri()));
        let signature = key.sign(query.as_bytes()).map_err(|_| RequestError::Signing)?;
        let separator = if destination.contains('?') { '&' } else { '?' };
        Ok(format!("{destination}{separator}{query}&Signature={}", escaped(&base64::encode(signature))))
    }

    /// The form that the browser is to send.
    pub fn post(
        &self,
        from: &ServiceProvider,
        to: &IdentityProvider,
        key: &SigningKey,
        relay_state: Option<&str>,
    ) -> Result<PostForm, RequestError> {
        let action = to.post_url().ok_or(RequestError::NoEndpoint)?.to_owned();
        let (head, tail) = self.write(from, &action);
        let signature = signature::enveloped(&head, &tail, self.id.as_str(), key).map_err(|_| RequestError::Signing)?;
        let saml_request = base64::encode(format!("{head}{signature}{tail}"));
        Ok(PostForm { action, saml_request, relay_state: checked(relay_state)?.map(str::to_owned) })
    }

    /// The request, and where in it a signature belongs: after the issuer.
    fn write(&self, from: &ServiceProvider, destination: &str) -> (String, String) {
        let mut writer = Writer::new();
        writer.begin(
            "samlp:AuthnRequest",
            &[
                ("xmlns:samlp", "urn:oasis:names:tc:SAML:2.0:protocol"),
                ("AssertionConsumerServiceURL", &from.acs_url),
                ("Destination", destination),
                ("ForceAuthn", if self.force_authn { "true" } else { "" }),
                ("ID", self.id.as_str()),
                ("IssueInstant", &moment::write(self.issued_ms)),
                ("ProtocolBinding", POST),
                ("Version", "2.0"),
            ],
        );
        let assertion = [("xmlns:saml", "urn:oasis:names:tc:SAML:2.0:assertion")];
        writer.leaf("saml:Issuer", &assertion, &from.entity_id);
        let head = writer.take();
        let policy = [("AllowCreate", "true"), ("Format", self.name_id_format.unwrap_or_default())];
        writer.leaf("samlp:NameIDPolicy", &policy, "");
        if !self.authn_context.is_empty() {
            writer.begin("samlp:RequestedAuthnContext", &[("Comparison", "exact")]);
            for context in self.authn_context {
                writer.leaf("saml:AuthnContextClassRef", &assertion, context);
            }
        }
        (head, writer.finish())
    }
}

fn checked(relay_state: Option<&str>) -> Result<Option<&str>, RequestError> {
    if relay_state.is_some_and(|state| state.len() > LONGEST_RELAY_STATE) {
        return Err(RequestError::RelayState);
    }
    Ok(relay_state)
}

/// DEFLATE (RFC 1951 §3.2.4) in blocks that are stored as they are: a request is small, and no compressor is needed.
fn deflated(text: &str) -> Vec<u8> {
    let blocks = text.as_bytes().chunks(usize::from(u16::MAX));
    let last = blocks.len().saturating_sub(1);
    let mut out = Vec::with_capacity(text.len() + 5);
    for (at, block) in blocks.enumerate() {
        let length = block.len() as u16;
        out.push(u8::from(at == last));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    out
}

/// Percent-encoding of all but unreserved characters (RFC 3986 §2.1, §2.3), and a space as forms have it: providers that don't
/// keep the query as it came encode it anew, and so.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else if byte == b' ' {
            out.push('+');
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
