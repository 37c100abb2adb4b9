//! Names of attributes, which are the same in any case (RFC 7643 §2.1), and paths to them (RFC 7644 §3.10).

use serde_json::Value;

use super::text::Bad;
use super::{ENTERPRISE, GROUP, Object, USER};

/// The longest path there is.
const MAX_PATH: usize = 256;

/// An attribute: `userName`, `name.givenName`, `urn:…:enterprise:2.0:User:department`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::scim) struct AttrPath {
    /// The extension it belongs to; nothing for what the core schemas define.
    pub(in crate::scim) schema: Option<String>,
    /// Its name; nothing for an extension as a whole.
    pub(in crate::scim) name: Option<String>,
    /// A part of it.
    pub(in crate::scim) sub: Option<String>,
}

impl AttrPath {
    pub(in crate::scim) fn parse(text: &str) -> Result<Self, Bad> {
        if text.len() > MAX_PATH {
            return Err(Bad::Path);
        }
        if text.eq_ignore_ascii_case(ENTERPRISE) {
            return Ok(Self { schema: Some(ENTERPRISE.to_owned()), name: None, sub: None });
        }
        let is_urn = text.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("urn:"));
        let (schema, rest) = match text.rsplit_once(':').filter(|_| is_urn) {
            Some((schema, rest)) => (Some(schema), rest),
            None => (None, text),
        };
        let schema = match schema {
            Some(core) if [USER, GROUP].iter().any(|known| known.eq_ignore_ascii_case(core)) => None,
            Some(known) if known.eq_ignore_ascii_case(ENTERPRISE) => Some(ENTERPRISE.to_owned()),
            Some(other) => Some(other.to_owned()).filter(|other| is_schema(other)).map(Some).ok_or(Bad::Path)?,
            None => None,
        };
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        let of = |name: &str| if is_name(name) { Ok(name.to_owned()) } else { Err(Bad::Path) };
        Ok(Self { schema, name: Some(of(name)?), sub: sub.map(of).transpose()? })
    }

    /// Whether it is this attribute of the core schemas, or a part of it.
    pub(in crate::scim) fn is_core(&self, name: &str) -> bool {
        self.schema.is_none() && self.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }

    /// Whether it is exactly this.
    pub(in crate::scim) fn is(&self, name: &str, sub: Option<&str>) -> bool {
        let same = |one: Option<&str>, other: Option<&str>| match (one, other) {
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            (one, other) => one == other,
        };
        self.is_core(name) && same(self.sub.as_deref(), sub)
    }

    /// What a resource has there: nothing, one value, or several.
    pub(in crate::scim) fn values<'v>(&self, resource: &'v Object) -> Vec<&'v Value> {
        let holder = match &self.schema {
            Some(schema) => named(resource, schema).and_then(Value::as_object),
            None => Some(resource),
        };
        let Some(holder) = holder else { return Vec::new() };
        let Some(name) = &self.name else {
            return self.schema.iter().filter_map(|schema| named(resource, schema)).collect();
        };
        let all = each(named(holder, name));
        match &self.sub {
            None => all,
            Some(sub) => all.into_iter().filter_map(Value::as_object).flat_map(|part| each(named(part, sub))).collect(),
        }
    }
}

impl std::fmt::Display for AttrPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.schema.as_deref().unwrap_or_default())?;
        if let Some(name) = &self.name {
            f.write_str(if self.schema.is_some() { ":" } else { "" })?;
            f.write_str(name)?;
        }
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

/// The elements of a list, or the one value; `null` is none (RFC 7643 §2.5).
fn each(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(values)) => values.iter().collect(),
        None | Some(Value::Null) => Vec::new(),
        Some(value) => vec![value],
    }
}

/// The value of this name.
pub(in crate::scim) fn named<'o>(object: &'o Object, name: &str) -> Option<&'o Value> {
    object.get(name).or_else(|| object.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The name as the object spells it, or as it is given.
pub(in crate::scim) fn is_named(object: &Object, name: &str) -> String {
    let own = object.keys().find(|own| own.eq_ignore_ascii_case(name));
    own.map_or_else(|| name.to_owned(), Clone::clone)
}

/// RFC 7643 §2.1: a letter, then letters, digits, `-`, `_`; and `$ref`.
pub(super) fn is_name(name: &str) -> bool {
    let rest = name.strip_prefix('$').unwrap_or(name);
    rest.starts_with(|first: char| first.is_ascii_alphabetic())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_schema(urn: &str) -> bool {
    urn.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.' | b'-' | b'_'))
}
