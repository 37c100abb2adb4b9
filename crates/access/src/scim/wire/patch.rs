//! Changes in part (RFC 7644 §3.5.2), as the standard has them and as directories send them.

use serde_json::Value;

use super::Object;
use super::attribute::{AttrPath, is_named, named};
use super::filter::Filter;
use super::text::Bad;

/// What is done in one request at most.
const MAX_OPERATIONS: usize = 200;
/// Elements a list has at most while it is being changed.
const MAX_ELEMENTS: usize = 2_000;
/// The longest path.
const MAX_PATH: usize = 1_024;
/// What nobody changes.
const READ_ONLY: [&str; 3] = ["id", "meta", "groups"];

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scim) enum Op {
    Add,
    Replace,
    Remove,
}

/// To what.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scim) struct Path {
    attribute: AttrPath,
    /// Which elements of a list, and which part of them.
    elements: Option<(Filter, Option<String>)>,
}

/// Operations, in the order they are done.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scim) struct Operations(Vec<(Op, Option<Path>, Value)>);

impl Path {
    pub(super) fn parse(text: &str) -> Result<Self, Bad> {
        if text.len() > MAX_PATH {
            return Err(Bad::Path);
        }
        let Some((attribute, rest)) = text.split_once('[') else {
            return Ok(Self { attribute: AttrPath::parse(text)?, elements: None });
        };
        let attribute = AttrPath::parse(attribute)?;
        if attribute.name.is_none() || attribute.sub.is_some() {
            return Err(Bad::Path);
        }
        let (filter, rest) = Filter::of_elements(rest)?;
        let sub = match rest.strip_prefix('.') {
            Some(sub) if super::attribute::is_name(sub) => Some(sub.to_owned()),
            None if rest.is_empty() => None,
            _ => return Err(Bad::Path),
        };
        Ok(Self { attribute, elements: Some((filter, sub)) })
    }
}

impl Operations {
    /// Reads a request's body.
    pub(in crate::scim) fn parse(body: &Value) -> Result<Self, Bad> {
        let body = body.as_object().ok_or(Bad::Syntax)?;
        let all = named(body, "Operations").and_then(Value::as_array).ok_or(Bad::Syntax)?;
        if all.len() > MAX_OPERATIONS {
            return Err(Bad::TooMany);
        }
        if all.is_empty() {
            return Err(Bad::Syntax);
        }
        all.iter().map(operation).collect::<Result<_, _>>().map(Self)
    }
}

fn operation(value: &Value) -> Result<(Op, Option<Path>, Value), Bad> {
    let value = value.as_object().ok_or(Bad::Syntax)?;
    let op = match named(value, "op").and_then(Value::as_str).ok_or(Bad::Syntax)? {
        op if op.eq_ignore_ascii_case("add") => Op::Add,
        op if op.eq_ignore_ascii_case("replace") => Op::Replace,
        op if op.eq_ignore_ascii_case("remove") => Op::Remove,
        _ => return Err(Bad::Syntax),
    };
    let path = match named(value, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) if path.is_empty() => None,
        Some(Value::String(path)) => Some(Path::parse(path)?),
        Some(_) => return Err(Bad::Path),
    };
    match (op, &path, named(value, "value")) {
        (Op::Remove, None, _) => Err(Bad::NoTarget),
        (Op::Remove, Some(_), value) => Ok((op, path, value.cloned().unwrap_or_default())),
        (_, None, Some(Value::Object(_))) | (_, Some(_), Some(_)) => {
            Ok((op, path, named(value, "value").cloned().unwrap_or_default()))
        }
        _ => Err(Bad::Syntax),
    }
}

/// Does all of it, or says what can't be done.
pub(in crate::scim) fn apply(resource: &mut Object, operations: &Operations) -> Result<(), Bad> {
    for (op, path, value) in &operations.0 {
        match (path, value) {
            (Some(path), value) => change(resource, *op, path, value)?,
            // Without a path each member is changed by its name, which may be a path itself: Okta and Entra send either.
            (None, Value::Object(members)) => {
                for (name, value) in members {
                    if name.eq_ignore_ascii_case("schemas") || is_read_only(name) {
                        continue;
                    }
                    change(resource, *op, &Path::parse(name)?, value)?;
                }
            }
            (None, _) => return Err(Bad::Syntax),
        }
    }
    Ok(())
}

fn is_read_only(name: &str) -> bool {
    READ_ONLY.iter().any(|one| one.eq_ignore_ascii_case(name))
}

fn change(resource: &mut Object, op: Op, path: &Path, value: &Value) -> Result<(), Bad> {
    let AttrPath { schema, name, sub } = &path.attribute;
    if schema.is_none() && name.as_deref().is_some_and(is_read_only) {
        return Err(Bad::Mutability);
    }
    let (holder, name) = match (schema, name) {
        (Some(schema), Some(name)) => (part(resource, schema, op)?, name),
        (None, Some(name)) => (Some(resource), name),
        (Some(schema), None) => (Some(resource), schema),
        (None, None) => return Err(Bad::Path),
    };
    // What is removed from something that isn't there is gone already.
    let Some(holder) = holder else { return Ok(()) };
    match (&path.elements, sub) {
        (Some((filter, sub)), _) => elements(holder, op, name, filter, sub.as_deref(), value),
        (None, Some(sub)) => match holder.get(&is_named(holder, name)) {
            // A part of each element.
            Some(Value::Array(_)) => each_part(holder, op, name, sub, value),
            _ => match part(holder, name, op)? {
                Some(part) => whole(part, op, sub, value),
                None => Ok(()),
            },
        },
        (None, None) => whole(holder, op, name, value),
    }
}

/// The object of this name, made if it isn't there and something is to be put into it.
fn part<'o>(holder: &'o mut Object, name: &str, op: Op) -> Result<Option<&'o mut Object>, Bad> {
    let own = is_named(holder, name);
    if op == Op::Remove && !holder.contains_key(&own) {
        return Ok(None);
    }
    let part = holder.entry(own).or_insert(Value::Null);
    if part.is_null() {
        *part = Value::Object(Object::new());
    }
    part.as_object_mut().map(Some).ok_or(Bad::Path)
}

/// An attribute as a whole.
fn whole(holder: &mut Object, op: Op, name: &str, value: &Value) -> Result<(), Bad> {
    let own = is_named(holder, name);
    match (op, holder.get_mut(&own), value) {
        // Entra names the elements that it removes in the value.
        (Op::Remove, Some(Value::Array(elements)), Value::Array(gone)) if !gone.is_empty() => {
            elements.retain(|element| !gone.iter().any(|one| is_same(element, one)));
        }
        (Op::Remove, ..) => drop(holder.remove(&own)),
        (_, _, Value::Null) => drop(holder.remove(&own)),
        (Op::Add, Some(Value::Array(elements)), value) => {
            match value {
                Value::Array(more) => more.iter().for_each(|one| join(elements, one)),
                one => join(elements, one),
            }
            if elements.len() > MAX_ELEMENTS {
                return Err(Bad::TooMany);
            }
        }
        // A complex attribute keeps the parts that aren't named (RFC 7644 §3.5.2.1, §3.5.2.3).
        (_, Some(Value::Object(parts)), Value::Object(more)) => {
            for (name, value) in more {
                whole(parts, Op::Replace, name, value)?;
            }
        }
        (_, _, value) => drop(holder.insert(own, value.clone())),
    }
    Ok(())
}

/// Whether two elements are the same: by their value, or altogether.
fn is_same(one: &Value, other: &Value) -> bool {
    let value = |element: &Value| element.as_object().and_then(|element| named(element, "value").cloned());
    match (value(one), value(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn join(elements: &mut Vec<Value>, one: &Value) {
    match elements.iter_mut().find(|element| is_same(element, one)) {
        Some(same) => *same = one.clone(),
        None => elements.push(one.clone()),
    }
}

/// A part of every element of a list.
fn each_part(holder: &mut Object, op: Op, name: &str, sub: &str, value: &Value) -> Result<(), Bad> {
    let own = is_named(holder, name);
    let Some(Value::Array(elements)) = holder.get_mut(&own) else { return Ok(()) };
    for element in elements.iter_mut().filter_map(Value::as_object_mut) {
        whole(element, op, sub, value)?;
    }
    Ok(())
}

/// Elements of a list that a filter lets through.
fn elements(
    holder: &mut Object,
    op: Op,
    name: &str,
    filter: &Filter,
    sub: Option<&str>,
    value: &Value,
) -> Result<(), Bad> {
    let own = is_named(holder, name);
    let list = holder.entry(own.clone()).or_insert_with(|| Value::Array(Vec::new()));
    if list.is_null() {
        *list = Value::Array(Vec::new());
    }
    let Value::Array(list) = list else { return Err(Bad::Path) };
    let meant = list.iter().any(|element| filter.admits_element(element));
    match (op, meant, sub) {
        (Op::Remove, _, None) => list.retain(|element| !filter.admits_element(element)),
        (Op::Remove, _, Some(sub)) => {
            for element in list.iter_mut().filter(|element| filter.admits_element(element)) {
                if let Some(element) = element.as_object_mut() {
                    let own = is_named(element, sub);
                    element.remove(&own);
                }
            }
        }
        (Op::Add | Op::Replace, true, sub) => {
            for element in list.iter_mut().filter(|element| filter.admits_element(element)) {
                match (sub, element) {
                    (Some(sub), Value::Object(element)) => whole(element, Op::Replace, sub, value)?,
                    (None, Value::Object(element)) if value.is_object() => {
                        for (name, value) in value.as_object().into_iter().flatten() {
                            whole(element, Op::Replace, name, value)?;
                        }
                    }
                    (None, element) => *element = value.clone(),
                    (Some(_), _) => return Err(Bad::Path),
                }
            }
        }
        // Entra adds to `emails[type eq "work"].value` what isn't there yet, and means that it is made.
        (Op::Add, false, sub) => {
            let mut made = Object::new();
            if !filter.certain(&mut made) {
                return Err(Bad::NoTarget);
            }
            match (sub, value) {
                (Some(sub), value) => drop(made.insert(sub.to_owned(), value.clone())),
                (None, Value::Object(parts)) => made.extend(parts.clone()),
                (None, _) => return Err(Bad::Value("value")),
            }
            if list.len() >= MAX_ELEMENTS {
                return Err(Bad::TooMany);
            }
            list.push(Value::Object(made));
        }
        (Op::Replace, false, _) => return Err(Bad::NoTarget),
    }
    if list.is_empty() {
        holder.remove(&own);
    }
    Ok(())
}
