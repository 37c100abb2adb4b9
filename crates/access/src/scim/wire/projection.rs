//! What an answer shows: `attributes` and `excludedAttributes` (RFC 7644 §3.9).

use serde_json::Value;

use super::Object;
use super::attribute::{AttrPath, is_named};
use super::text::Bad;

/// Attributes somebody names at most.
const MOST: usize = 64;
/// What every answer has (RFC 7643 §7, `returned: always`).
const ALWAYS: [&str; 2] = ["id", "schemas"];

/// Which attributes are shown.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scim) enum Projection {
    /// All.
    All,
    /// These alone.
    Only(Vec<AttrPath>),
    /// All but these.
    Without(Vec<AttrPath>),
}

impl Projection {
    /// What a query asks for. Both at once are one too many.
    pub(in crate::scim) fn parse(only: Option<&str>, without: Option<&str>) -> Result<Self, Bad> {
        let read = |names: &str| -> Result<Vec<AttrPath>, Bad> {
            let names: Vec<_> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
            if names.len() > MOST {
                return Err(Bad::TooMany);
            }
            names.into_iter().map(AttrPath::parse).collect()
        };
        match (only, without) {
            (None, None) => Ok(Self::All),
            (Some(only), None) => read(only).map(Self::Only),
            (None, Some(without)) => read(without).map(Self::Without),
            (Some(_), Some(_)) => Err(Bad::Syntax),
        }
    }

    /// The resource as it is shown.
    pub(in crate::scim) fn of(&self, mut resource: Object) -> Object {
        match self {
            Self::All => resource,
            Self::Only(paths) => {
                let mut shown = Object::new();
                for name in ALWAYS {
                    shown.extend(resource.remove(name).map(|value| (name.to_owned(), value)));
                }
                for path in paths {
                    keep(&resource, path, &mut shown);
                }
                shown
            }
            Self::Without(paths) => {
                for path in paths.iter().filter(|path| !ALWAYS.iter().any(|name| path.is_core(name))) {
                    hide(&mut resource, path);
                }
                resource
            }
        }
    }
}

fn keep(from: &Object, path: &AttrPath, into: &mut Object) {
    let (from, into) = match &path.schema {
        None => (Some(from), into),
        Some(schema) => {
            let own = is_named(from, schema);
            let Some(part) = from.get(&own).and_then(Value::as_object) else { return };
            if path.name.is_none() {
                into.insert(own, Value::Object(part.clone()));
                return;
            }
            let into = into.entry(own).or_insert_with(|| Value::Object(Object::new()));
            let Value::Object(into) = into else { return };
            (Some(part), into)
        }
    };
    let (Some(from), Some(name)) = (from, &path.name) else { return };
    let own = is_named(from, name);
    let Some(value) = from.get(&own) else { return };
    let Some(sub) = &path.sub else {
        into.insert(own, value.clone());
        return;
    };
    match (value, into.get_mut(&own)) {
        (Value::Object(parts), Some(Value::Object(kept))) => keep_part(parts, sub, kept),
        (Value::Array(all), Some(Value::Array(kept))) => {
            for (element, kept) in all.iter().zip(kept) {
                if let (Value::Object(element), Value::Object(kept)) = (element, kept) {
                    keep_part(element, sub, kept);
                }
            }
        }
        (value, None) => drop(into.insert(own, only(value, sub))),
        _ => {}
    }
}

fn only(value: &Value, sub: &str) -> Value {
    match value {
        Value::Object(parts) => {
            let mut kept = Object::new();
            keep_part(parts, sub, &mut kept);
            Value::Object(kept)
        }
        Value::Array(all) => Value::Array(all.iter().map(|element| only(element, sub)).collect()),
        simple => simple.clone(),
    }
}

fn keep_part(from: &Object, sub: &str, into: &mut Object) {
    let own = is_named(from, sub);
    into.extend(from.get(&own).map(|value| (own.clone(), value.clone())));
}

fn hide(resource: &mut Object, path: &AttrPath) {
    let holder = match &path.schema {
        None => Some(resource),
        Some(schema) => {
            let own = is_named(resource, schema);
            if path.name.is_none() {
                resource.remove(&own);
                return;
            }
            resource.get_mut(&own).and_then(Value::as_object_mut)
        }
    };
    let (Some(holder), Some(name)) = (holder, &path.name) else { return };
    let own = is_named(holder, name);
    match (&path.sub, holder.get_mut(&own)) {
        (None, _) => drop(holder.remove(&own)),
        (Some(sub), Some(Value::Object(parts))) => {
            let own = is_named(parts, sub);
            parts.remove(&own);
        }
        (Some(sub), Some(Value::Array(all))) => {
            for parts in all.iter_mut().filter_map(Value::as_object_mut) {
                let own = is_named(parts, sub);
                parts.remove(&own);
            }
        }
        _ => {}
    }
}
