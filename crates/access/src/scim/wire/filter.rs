//! Filters: which resources are meant (RFC 7644 §3.4.2.2).

use std::cmp::Ordering;

use serde_json::Value;

use super::text::flag;
use super::{AttrPath, Object};

/// How an attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scim) enum Compare {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scim) enum Filter {
    /// Both.
    And(Box<Filter>, Box<Filter>),
    /// Either.
    Or(Box<Filter>, Box<Filter>),
    /// Not that.
    Not(Box<Filter>),
    /// There is something.
    Present(AttrPath),
    /// There is something that compares so.
    Test(AttrPath, Compare, Value),
    /// One element of a list is all of that.
    Some(AttrPath, Box<Filter>),
}

/// What a filter says about everything that it lets through: by that they are found without looking at everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::scim) enum Known<'f> {
    /// This id.
    Id(&'f str),
    /// This name.
    UserName(&'f str),
    /// This name in the directory.
    ExternalId(&'f str),
    /// This e-mail address.
    Email(&'f str),
}

impl Filter {
    /// Whether the resource is meant.
    pub(in crate::scim) fn admits(&self, resource: &Object) -> bool {
        match self {
            Self::And(one, other) => one.admits(resource) && other.admits(resource),
            Self::Or(one, other) => one.admits(resource) || other.admits(resource),
            Self::Not(filter) => !filter.admits(resource),
            Self::Present(path) => path.values(resource).into_iter().any(is_something),
            Self::Test(path, compare, wanted) => test(path, *compare, wanted, resource),
            Self::Some(path, filter) => path.values(resource).into_iter().any(|value| filter.admits_element(value)),
        }
    }

    /// Whether an element of a list is meant. One that is no object is its own `value`.
    pub(in crate::scim) fn admits_element(&self, element: &Value) -> bool {
        match element {
            Value::Object(element) => self.admits(element),
            simple => self.admits(&Object::from_iter([("value".to_owned(), simple.clone())])),
        }
    }

    /// By what all that it lets through can be found, if by anything.
    pub(in crate::scim) fn known(&self) -> Option<Known<'_>> {
        match self {
            Self::And(one, other) => one.known().or_else(|| other.known()),
            Self::Test(path, Compare::Equal, Value::String(text)) => match path {
                path if path.is("id", None) => Some(Known::Id(text)),
                path if path.is("userName", None) => Some(Known::UserName(text)),
                path if path.is("externalId", None) => Some(Known::ExternalId(text)),
                path if path.is("emails", Some("value")) || path.is("emails", None) => Some(Known::Email(text)),
                _ => None,
            },
            Self::Some(path, filter) if path.is("emails", None) => filter.known_value().map(Known::Email),
            _ => None,
        }
    }

    /// What a filter of elements says their `value` is.
    fn known_value(&self) -> Option<&str> {
        match self {
            Self::And(one, other) => one.known_value().or_else(|| other.known_value()),
            Self::Test(path, Compare::Equal, Value::String(text)) if path.is("value", None) => Some(text),
            _ => None,
        }
    }

    /// The parts that every element it lets through has for sure: with them, one is made that isn't there yet.
    pub(in crate::scim) fn certain(&self, into: &mut Object) -> bool {
        match self {
            Self::And(one, other) => one.certain(into) && other.certain(into),
            Self::Test(AttrPath { schema: None, name: Some(name), sub: None }, Compare::Equal, value) => {
                into.insert(name.clone(), value.clone());
                true
            }
            _ => false,
        }
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(parts) => parts.values().any(is_something),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn test(path: &AttrPath, compare: Compare, wanted: &Value, resource: &Object) -> bool {
    let values = path.values(resource);
    let exact = path.is("id", None) || path.is("externalId", None);
    let holds = |value: &&Value| {
        // A list of objects is compared by their `value` (RFC 7644 §3.4.2.2).
        let value = match value {
            Value::Object(parts) => super::named(parts, "value").unwrap_or(&Value::Null),
            simple => simple,
        };
        compares(value, compare, wanted, exact)
    };
    match compare {
        // None of what is there is that; `ne null` is that something is.
        Compare::NotEqual if wanted.is_null() => !values.is_empty(),
        Compare::NotEqual => values.iter().all(holds),
        Compare::Equal if wanted.is_null() => values.is_empty(),
        _ => values.iter().any(holds),
    }
}

fn compares(value: &Value, compare: Compare, wanted: &Value, exact: bool) -> bool {
    let order = match (value, wanted) {
        (Value::Bool(one), other) => flag(other).map(|other| one.cmp(&other)),
        (Value::Number(one), Value::Number(other)) => {
            one.as_f64().zip(other.as_f64()).and_then(|(one, other)| one.partial_cmp(&other))
        }
        (Value::String(one), Value::String(other)) => {
            let fold = |text: &str| if exact { text.to_owned() } else { text.to_lowercase() };
            let (one, other) = (fold(one), fold(other));
            match compare {
                Compare::Contains => return one.contains(&other),
                Compare::StartsWith => return one.starts_with(&other),
                Compare::EndsWith => return one.ends_with(&other),
                _ => Some(one.cmp(&other)),
            }
        }
        _ => None,
    };
    match compare {
        Compare::Equal => order == Some(Ordering::Equal),
        Compare::NotEqual => order != Some(Ordering::Equal),
        Compare::Greater => order == Some(Ordering::Greater),
        Compare::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Compare::Less => order == Some(Ordering::Less),
        Compare::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Compare::Contains | Compare::StartsWith | Compare::EndsWith => false,
    }
}
