//! The assertion (SAML Core §2.3.3), checked for the profile of web browser sign-on (SAML Profiles §4.1.4.2, §4.1.4.3).

use super::accepted::{Accepted, Attributes, Clear, NameId};
use super::envelope::{issuer, version};
use super::expectations::Expectations;
use crate::address;
use crate::moment;
use crate::refusal::Rejected;
use crate::xml::{Element, Ns, ShapeFlaw};

const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
/// Bytes of a name. SAML Core §8.3.7 has 256 characters.
const LONGEST_NAME: usize = 1024;

/// Reads an assertion. It is handed the signed bytes alone, read anew.
pub(super) fn read(assertion: Element<'_>, expected: &Expectations<'_>) -> Result<Accepted, Rejected> {
    assertion.only(&["ID", "Version", "IssueInstant"])?;
    version(assertion)?;
    let mut parts = assertion.sequence()?;
    issuer(parts.one(Ns::ASSERTION, "Issuer")?, expected)?;
    let subject = parts.one(Ns::ASSERTION, "Subject")?;
    let conditions = parts.one(Ns::ASSERTION, "Conditions")?;
    let mut attributes = parts.many(Ns::ASSERTION, "AttributeStatement");
    let authentication = parts.one(Ns::ASSERTION, "AuthnStatement")?;
    attributes.extend(parts.many(Ns::ASSERTION, "AttributeStatement"));
    parts.end()?;
    if expected.is_future(moment_of(assertion, "IssueInstant")?) {
        return Err(Rejected::NotYetValid);
    }
    let (name_id, confirmed_until) = self::subject(subject, expected)?;
    let valid_until = self::conditions(conditions, expected)?;
    let authentication = Authentication::read(authentication, expected)?;
    Ok(Accepted {
        issuer: expected.identity_provider.entity_id().to_owned(),
        name_id,
        attributes: self::attributes(&attributes)?,
        session_index: authentication.session_index,
        session_not_on_or_after_ms: authentication.session_end,
        assertion_id: assertion.required("ID")?.to_owned(),
        not_on_or_after_ms: valid_until.map_or(confirmed_until, |end| end.min(confirmed_until)),
        authn_context: authentication.context,
        authn_instant_ms: authentication.instant,
    })
}

fn moment_of(element: Element<'_>, attribute: &'static str) -> Result<i64, ShapeFlaw> {
    moment::read(element.required(attribute)?, attribute)
}

fn moment_if_any(element: Element<'_>, attribute: &'static str) -> Result<Option<i64>, ShapeFlaw> {
    element.attribute(attribute).map(|text| moment::read(text, attribute)).transpose()
}

/// Whom it is about, and until when whoever bears the assertion is taken for them.
fn subject(subject: Element<'_>, expected: &Expectations<'_>) -> Result<(NameId, i64), Rejected> {
    subject.only(&[])?;
    let mut parts = subject.sequence()?;
    let name = parts.one(Ns::ASSERTION, "NameID")?;
    let confirmation = parts.one(Ns::ASSERTION, "SubjectConfirmation")?;
    parts.end()?;
    Ok((name_id(name, expected)?, confirmed(confirmation, expected)?))
}

fn name_id(name: Element<'_>, expected: &Expectations<'_>) -> Result<NameId, Rejected> {
    name.only(&["Format", "NameQualifier", "SPNameQualifier", "SPProvidedID"])?;
    let value = name.text().ok_or(ShapeFlaw::Mixed)?;
    // A name qualified for somebody else is their name for the member, not ours.
    let ours =
        name.attribute("SPNameQualifier").is_none_or(|qualifier| qualifier == expected.service_provider.entity_id);
    if !ours || !address::is_identifier(value, LONGEST_NAME) {
        return Err(Rejected::NameId);
    }
    Ok(NameId { value: Clear::new(value), format: name.attribute("Format").map(str::to_owned) })
}

/// SAML Profiles §4.1.4.2: a bearer, here, now, to our request; and not before some moment is not for bearers.
fn confirmed(confirmation: Element<'_>, expected: &Expectations<'_>) -> Result<i64, Rejected> {
    confirmation.only(&["Method"])?;
    if confirmation.required("Method")? != BEARER {
        return Err(Rejected::Confirmation);
    }
    let mut parts = confirmation.sequence()?;
    let data = parts.one(Ns::ASSERTION, "SubjectConfirmationData")?;
    parts.end()?;
    data.only(&["Recipient", "NotOnOrAfter", "InResponseTo", "Address"])?;
    data.nothing()?;
    if data.required("Recipient")? != expected.service_provider.acs_url {
        return Err(Rejected::Recipient);
    }
    if !expected.is_answered(data.attribute("InResponseTo")) {
        return Err(Rejected::InResponseTo);
    }
    let end = moment_of(data, "NotOnOrAfter")?;
    if expected.is_over(end) { Err(Rejected::Expired) } else { Ok(end) }
}

/// SAML Core §2.5.1. A condition that isn't understood makes the assertion worthless.
fn conditions(conditions: Element<'_>, expected: &Expectations<'_>) -> Result<Option<i64>, Rejected> {
    conditions.only(&["NotBefore", "NotOnOrAfter"])?;
    let mut audiences = 0;
    for condition in conditions.sequence()?.rest() {
        if condition.is(Ns::ASSERTION, "AudienceRestriction") {
            audiences += 1;
            audience(condition, expected)?;
        } else if !condition.is(Ns::ASSERTION, "OneTimeUse") && !condition.is(Ns::ASSERTION, "ProxyRestriction") {
            return Err(ShapeFlaw::ElementUnexpected.into());
        }
    }
    if audiences == 0 {
        return Err(ShapeFlaw::ElementMissing("AudienceRestriction").into());
    }
    if moment_if_any(conditions, "NotBefore")?.is_some_and(|start| expected.is_future(start)) {
        return Err(Rejected::NotYetValid);
    }
    let end = moment_if_any(conditions, "NotOnOrAfter")?;
    if end.is_some_and(|end| expected.is_over(end)) { Err(Rejected::Expired) } else { Ok(end) }
}

/// SAML Core §2.5.1.4: one of a restriction, and of every restriction.
fn audience(restriction: Element<'_>, expected: &Expectations<'_>) -> Result<(), Rejected> {
    let mut parts = restriction.sequence()?;
    let audiences = parts.many(Ns::ASSERTION, "Audience");
    parts.end()?;
    let said: Vec<&str> = audiences.iter().map(|audience| audience.said("Audience")).collect::<Result<_, _>>()?;
    if said.contains(&&*expected.service_provider.entity_id) { Ok(()) } else { Err(Rejected::Audience) }
}

/// How and when somebody was authenticated (SAML Core §2.7.2).
struct Authentication {
    instant: i64,
    context: String,
    session_index: Option<Clear>,
    session_end: Option<i64>,
}

impl Authentication {
    fn read(statement: Element<'_>, expected: &Expectations<'_>) -> Result<Self, Rejected> {
        statement.only(&["AuthnInstant", "SessionIndex", "SessionNotOnOrAfter"])?;
        let mut parts = statement.sequence()?;
        parts.maybe(Ns::ASSERTION, "SubjectLocality");
        let context = context(parts.one(Ns::ASSERTION, "AuthnContext")?)?;
        parts.end()?;
        if !expected.authn_context.is_empty() && !expected.authn_context.contains(&context) {
            return Err(Rejected::AuthnContext);
        }
        let instant = moment_of(statement, "AuthnInstant")?;
        if expected.is_future(instant) {
            return Err(Rejected::NotYetValid);
        }
        if expected.authenticated_since_ms.is_some_and(|since| expected.is_before(instant, since)) {
            return Err(Rejected::AuthnInstant);
        }
        let session_end = moment_if_any(statement, "SessionNotOnOrAfter")?;
        if session_end.is_some_and(|end| expected.is_over(end)) {
            return Err(Rejected::Expired);
        }
        let session_index = statement.attribute("SessionIndex").map(Clear::new);
        Ok(Self { instant, context: context.to_owned(), session_index, session_end })
    }
}

fn context(context: Element<'_>) -> Result<&str, Rejected> {
    let mut parts = context.sequence()?;
    let class = parts.one(Ns::ASSERTION, "AuthnContextClassRef")?;
    parts.maybe(Ns::ASSERTION, "AuthnContextDecl");
    parts.maybe(Ns::ASSERTION, "AuthnContextDeclRef");
    parts.many(Ns::ASSERTION, "AuthenticatingAuthority");
    parts.end()?;
    Ok(class.said("AuthnContextClassRef")?)
}

/// SAML Core §2.7.3. One attribute may be written in several elements.
fn attributes(statements: &[Element<'_>]) -> Result<Attributes, Rejected> {
    let mut all: Vec<(String, Vec<Clear>)> = Vec::new();
    for statement in statements {
        let mut parts = statement.sequence()?;
        for attribute in parts.many(Ns::ASSERTION, "Attribute") {
            attribute.only(&["Name", "NameFormat", "FriendlyName"])?;
            let mut values = attribute.sequence()?;
            let read = values.many(Ns::ASSERTION, "AttributeValue").into_iter().map(value);
            all.push((attribute.required("Name")?.to_owned(), read.collect::<Result<_, _>>()?));
            values.end()?;
        }
        parts.end()?;
    }
    Ok(Attributes { all })
}

/// A text, or a name of the member (`eduPersonTargetedID` is written so).
fn value(value: Element<'_>) -> Result<Clear, Rejected> {
    if let Some(text) = value.text() {
        return Ok(Clear::new(text));
    }
    let mut parts = value.sequence()?;
    let name = parts.one(Ns::ASSERTION, "NameID")?;
    parts.end()?;
    Ok(Clear::new(name.said("NameID")?))
}
