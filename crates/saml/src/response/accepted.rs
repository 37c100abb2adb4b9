//! What a signed assertion says.

use std::fmt;

use zeroize::Zeroize;

use super::expectations::SKEW_MS;
use crate::refusal::Rejected;

/// A personal value: it can be read, and can't be printed.
pub struct Clear(String);

impl Clear {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The value. Whoever takes it puts it into a type that can't be printed either.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Clear {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Clear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("xxxxx")
    }
}

/// A good assertion that may have been used before. What it says can't be had until [`Unspent::spend`] was told.
#[derive(Debug)]
#[must_use = "an assertion counts once: remember its id, then spend it"]
pub struct Unspent(pub(super) Accepted);

impl Unspent {
    /// The ID to remember, together with the issuer: two providers may use the same.
    pub fn assertion_id(&self) -> &str {
        &self.0.assertion_id
    }

    /// Who issued it.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// How long to remember it, in a place that survives a restart: after that it is refused as expired.
    pub fn remember_until_ms(&self) -> i64 {
        self.0.not_on_or_after_ms.saturating_add(SKEW_MS)
    }

    /// What it says, if this is its first use: if remembering its ID, in one step, found that it wasn't remembered.
    pub fn spend(self, first_use: bool) -> Result<Accepted, Rejected> {
        if first_use { Ok(self.0) } else { Err(Rejected::Replayed) }
    }
}

/// What a signed assertion says, read from the bytes that were signed and from nothing else.
#[derive(Debug)]
pub struct Accepted {
    pub(super) issuer: String,
    pub(super) name_id: NameId,
    pub(super) attributes: Attributes,
    pub(super) session_index: Option<Clear>,
    pub(super) session_not_on_or_after_ms: Option<i64>,
    pub(super) assertion_id: String,
    pub(super) not_on_or_after_ms: i64,
    pub(super) authn_context: String,
    pub(super) authn_instant_ms: i64,
}

impl Accepted {
    /// The entity ID of the identity provider.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whom it is about: a name that only together with the issuer, and with the organisation that trusts it, means a member.
    pub fn name_id(&self) -> &NameId {
        &self.name_id
    }

    /// What else it says of them.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// The identity provider's name for the session.
    pub fn session_index(&self) -> Option<&Clear> {
        self.session_index.as_ref()
    }

    /// When the session has to end, if the identity provider says so.
    pub fn session_not_on_or_after_ms(&self) -> Option<i64> {
        self.session_not_on_or_after_ms
    }

    /// The ID of the assertion.
    pub fn assertion_id(&self) -> &str {
        &self.assertion_id
    }

    /// From when on the assertion can't be used.
    pub fn not_on_or_after_ms(&self) -> i64 {
        self.not_on_or_after_ms
    }

    /// How the member was authenticated: an `AuthnContextClassRef`.
    pub fn authn_context(&self) -> &str {
        &self.authn_context
    }

    /// When the member was authenticated.
    pub fn authn_instant_ms(&self) -> i64 {
        self.authn_instant_ms
    }
}

/// The name of a subject (SAML Core §2.2.3): visible characters, compared byte by byte.
#[derive(Debug)]
pub struct NameId {
    pub(super) value: Clear,
    pub(super) format: Option<String>,
}

impl NameId {
    /// The name.
    pub fn value(&self) -> &Clear {
        &self.value
    }

    /// Its format. A transient name (SAML Core §8.3.8) is another one each time and can't stand for a member.
    pub fn format(&self) -> Option<&str> {
        self.format.as_deref()
    }
}

/// Attributes of a subject, by name.
#[derive(Default)]
pub struct Attributes {
    pub(super) all: Vec<(String, Vec<Clear>)>,
}

impl Attributes {
    /// All values of an attribute. A provider may write them in one element or in several: they are one list.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Clear> {
        self.all.iter().filter(move |(known, _)| known == name).flat_map(|(_, values)| values)
    }

    /// The value of an attribute that has exactly one.
    pub fn one(&self, name: &str) -> Option<&Clear> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// The names there are, for whoever sets up which one means what.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|(name, _)| name.as_str())
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attributes({})", self.all.len())
    }
}
