//! The filters and tests there are. Each filter pays for the bytes it reads and makes: the engine's fuel counts only steps.

use minijinja::{Environment, Error, ErrorKind, State, Value, tests};

/// Bytes all filters of one part may read and make together.
const BUDGET: usize = 4 * 1024 * 1024;
const OVERWORK: &str = "filters have too much work";

/// What has been spent of [`BUDGET`].
#[derive(Default)]
struct Spent(usize);

pub(super) fn add_to(engine: &mut Environment<'static>) {
    engine.add_filter("default", default);
    engine.add_filter("first", first);
    engine.add_filter("join", join);
    engine.add_filter("last", last);
    engine.add_filter("length", length);
    engine.add_filter("lower", lower);
    engine.add_filter("trim", trim);
    engine.add_filter("truncate", truncate);
    engine.add_filter("upper", upper);
    engine.add_test("defined", tests::is_defined);
    engine.add_test("undefined", tests::is_undefined);
    engine.add_test("none", tests::is_none);
}

pub(super) fn is_overwork(error: &Error) -> bool {
    error.detail() == Some(OVERWORK)
}

fn pay(state: &mut State<'_, '_>, bytes: usize) -> Result<(), Error> {
    let spent = state.get_or_insert_extension_with(Spent::default);
    spent.0 = spent.0.saturating_add(bytes);
    if spent.0 > BUDGET { Err(Error::new(ErrorKind::InvalidOperation, OVERWORK)) } else { Ok(()) }
}

/// The text of a value that is one; numbers have one too.
fn text(state: &mut State<'_, '_>, value: &Value) -> Result<String, Error> {
    match value.as_str() {
        Some(text) => {
            pay(state, text.len())?;
            Ok(text.to_owned())
        }
        None if value.is_number() => Ok(value.to_string()),
        None => Err(Error::from(ErrorKind::InvalidOperation)),
    }
}

fn default(value: &Value, other: &Value) -> Value {
    if value.is_undefined() || value.is_none() { other.clone() } else { value.clone() }
}

fn first(value: &Value) -> Result<Value, Error> {
    value.try_iter().map(|mut items| items.next().unwrap_or(Value::UNDEFINED))
}

fn last(state: &mut State<'_, '_>, value: &Value) -> Result<Value, Error> {
    pay(state, value.len().unwrap_or(0))?;
    value.try_iter().map(|items| items.last().unwrap_or(Value::UNDEFINED))
}

fn length(state: &mut State<'_, '_>, value: &Value) -> Result<usize, Error> {
    pay(state, value.as_str().map_or(0, str::len))?;
    value.len().ok_or_else(|| Error::from(ErrorKind::InvalidOperation))
}

fn join(state: &mut State<'_, '_>, value: &Value, separator: &str) -> Result<String, Error> {
    let mut joined = String::new();
    for (at, item) in value.try_iter()?.enumerate() {
        pay(state, separator.len() + 1)?;
        if at > 0 {
            joined.push_str(separator);
        }
        joined.push_str(&text(state, &item)?);
    }
    Ok(joined)
}

fn upper(state: &mut State<'_, '_>, value: &Value) -> Result<String, Error> {
    Ok(text(state, value)?.to_uppercase())
}

fn lower(state: &mut State<'_, '_>, value: &Value) -> Result<String, Error> {
    Ok(text(state, value)?.to_lowercase())
}

fn trim(state: &mut State<'_, '_>, value: &Value) -> Result<String, Error> {
    Ok(text(state, value)?.trim().to_owned())
}

/// At most `length` characters, the last one an ellipsis if any were left out.
fn truncate(state: &mut State<'_, '_>, value: &Value, length: u32) -> Result<String, Error> {
    let whole = text(state, value)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if whole.chars().count() <= length {
        return Ok(whole);
    }
    let kept: String = whole.chars().take(length.saturating_sub(1)).collect();
    Ok(format!("{kept}…"))
}
