//! Who somebody is, from what an assertion says of them.

use sealpost_saml::{Accepted, Attributes, Clear};
use sealpost_seal::normal::Email;

use super::settings::Asks;
use crate::members::MemberName;
use crate::sso::Vouched;

/// Formats of a name that stays the same (SAML Core §8.3); none at all is as good. The others are another name each time, or are
/// about machines.
const LASTING: [&str; 4] = [
    "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified",
];
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const EMAIL_ADDRESS: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

/// What providers call an address unless they are told otherwise: Okta, Google and AWS as one sets them up, Entra ID, LDAP's name.
const EMAILS: [&str; 7] = [
    "email",
    "mail",
    "Email",
    "emailAddress",
    "user.email",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
];
const NAMES: [&str; 6] = [
    "displayName",
    "name",
    "cn",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "urn:oid:2.5.4.3",
];
const GIVEN_NAMES: [&str; 5] = [
    "firstName",
    "givenName",
    "first_name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
    "urn:oid:2.5.4.42",
];
const SURNAMES: [&str; 6] = [
    "lastName",
    "surname",
    "sn",
    "last_name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
    "urn:oid:2.5.4.4",
];
const GROUPS: [&str; 6] = [
    "groups",
    "Groups",
    "memberOf",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
    "http://schemas.xmlsoap.org/claims/Group",
    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
];
/// Groups that are looked at; a directory may send hundreds.
const MOST_GROUPS: usize = 1000;

/// Whom an assertion is about; the code of why that can't be said.
pub(super) fn vouched(accepted: &Accepted, asks: &Asks) -> Result<Vouched, &'static str> {
    let name = accepted.name_id();
    match name.format() {
        None => {}
        Some(format) if LASTING.contains(&format) => {}
        Some(TRANSIENT) => return Err("name_id_transient"),
        Some(_) => return Err("name_id_format"),
    }
    let attributes = accepted.attributes();
    let named = |own: &Option<String>, usual: &[&str]| match own {
        Some(own) => attributes.one(own).map(Clear::expose),
        None => first(attributes, usual),
    };
    let email = named(&asks.email_attribute, &EMAILS);
    let email = email.or_else(|| (name.format() == Some(EMAIL_ADDRESS)).then(|| name.value().expose()));
    let called = named(&asks.name_attribute, &NAMES).map(str::to_owned);
    let called = called.or_else(|| {
        let parts = [first(attributes, &GIVEN_NAMES), first(attributes, &SURNAMES)];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        (asks.name_attribute.is_none() && !parts.is_empty()).then(|| parts.join(" "))
    });
    Ok(Vouched {
        issuer: accepted.issuer().to_owned(),
        subject: name.value().expose().to_owned(),
        email: email.and_then(|text| Email::parse(text).ok()),
        name: called.and_then(|text| MemberName::parse(text).ok()),
        groups: groups(attributes, asks),
    })
}

/// The value of the first of these attributes that has exactly one.
fn first<'a>(attributes: &'a Attributes, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| attributes.one(name)).map(Clear::expose)
}

/// All groups under the name that was set, or under the first usual one that is there.
fn groups(attributes: &Attributes, asks: &Asks) -> Vec<String> {
    let all = |name: &str| -> Vec<String> {
        attributes.all(name).take(MOST_GROUPS).map(|group| group.expose().to_owned()).collect()
    };
    match &asks.groups_attribute {
        Some(name) => all(name),
        None => GROUPS.into_iter().map(all).find(|groups| !groups.is_empty()).unwrap_or_default(),
    }
}
