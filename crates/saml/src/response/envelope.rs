//! The response around the assertion (SAML Core §3.2.2, §3.3.3).

use super::expectations::Expectations;
use crate::moment;
use crate::refusal::{Rejected, Status};
use crate::xml::{Element, Ns, Sequence, ShapeFlaw};

const STATUS: &str = "urn:oasis:names:tc:SAML:2.0:status:";
const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";

/// A response that is from whom, to where and to what it has to be; whether it is signed hasn't been looked at.
pub(super) struct Envelope<'d> {
    pub(super) signature: Option<Element<'d>>,
    pub(super) assertion: Carried<'d>,
}

/// An assertion, as it is carried.
#[derive(Clone, Copy)]
pub(super) enum Carried<'d> {
    Clear(Element<'d>),
    Encrypted(Element<'d>),
}

impl<'d> Envelope<'d> {
    pub(super) fn read(root: Element<'d>, expected: &Expectations<'_>) -> Result<Self, Rejected> {
        if !root.is(Ns::PROTOCOL, "Response") {
            return Err(ShapeFlaw::Root("Response").into());
        }
        root.only(&["ID", "Version", "IssueInstant", "Destination", "InResponseTo", "Consent"])?;
        version(root)?;
        root.required("ID")?;
        let mut parts = root.sequence()?;
        let issuer = parts.one(Ns::ASSERTION, "Issuer")?;
        let signature = parts.maybe(Ns::SIGNATURE, "Signature");
        succeeded(parts.one(Ns::PROTOCOL, "Status")?)?;
        let assertion = carried(&mut parts)?;
        self::issuer(issuer, expected)?;
        if expected.is_future(moment::read(root.required("IssueInstant")?, "IssueInstant")?) {
            return Err(Rejected::NotYetValid);
        }
        if root.required("Destination")? != expected.service_provider.acs_url {
            return Err(Rejected::Destination);
        }
        if !expected.is_answered(root.attribute("InResponseTo")) {
            return Err(Rejected::InResponseTo);
        }
        Ok(Self { signature, assertion })
    }
}

fn carried<'d>(parts: &mut Sequence<'d>) -> Result<Carried<'d>, Rejected> {
    let clear = parts.maybe(Ns::ASSERTION, "Assertion").map(Carried::Clear);
    let assertion = clear.or_else(|| parts.maybe(Ns::ASSERTION, "EncryptedAssertion").map(Carried::Encrypted));
    match assertion {
        Some(assertion) => parts.end().map(|()| assertion).map_err(Rejected::from),
        None => Err(parts.end().map_or_else(Rejected::from, |()| Rejected::AssertionCount)),
    }
}

pub(super) fn version(element: Element<'_>) -> Result<(), Rejected> {
    if element.required("Version")? == "2.0" { Ok(()) } else { Err(Rejected::Version) }
}

/// §2.2.5: the name of an entity.
pub(super) fn issuer(issuer: Element<'_>, expected: &Expectations<'_>) -> Result<(), Rejected> {
    issuer.only(&["Format"])?;
    if issuer.attribute("Format").is_some_and(|format| format != ENTITY) {
        return Err(Rejected::Issuer);
    }
    if issuer.said("Issuer")? == expected.identity_provider.entity_id() { Ok(()) } else { Err(Rejected::Issuer) }
}

fn succeeded(status: Element<'_>) -> Result<(), Rejected> {
    let mut parts = status.sequence()?;
    let code = parts.one(Ns::PROTOCOL, "StatusCode")?;
    parts.maybe(Ns::PROTOCOL, "StatusMessage");
    parts.maybe(Ns::PROTOCOL, "StatusDetail");
    parts.end()?;
    let reason =
        |code: Element<'_>| code.attribute("Value").and_then(|value| value.strip_prefix(STATUS)).map(str::to_owned);
    if reason(code).as_deref() == Some("Success") {
        return code.nothing().map_err(Rejected::from);
    }
    // The inner code says more than the outer one.
    let inner = code.children().find(|child| child.is(Ns::PROTOCOL, "StatusCode")).and_then(reason);
    let name = inner.or_else(|| reason(code)).unwrap_or_default();
    Err(Rejected::Status(Status::named(&name)))
}
