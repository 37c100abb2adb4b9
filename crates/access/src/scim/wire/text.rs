//! What is wrong with what a directory sends, and values that directories spell in their own ways.

use serde_json::Value;

/// What is wrong: never what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scim) enum Bad {
    /// The filter is none.
    Filter,
    /// The path is none.
    Path,
    /// The request is none that the standard knows.
    Syntax,
    /// What a path is to change isn't there.
    NoTarget,
    /// It can't be changed.
    Mutability,
    /// A value can't be what its attribute holds.
    Value(&'static str),
    /// More than is taken at once.
    TooMany,
}

/// A truth value. Microsoft Entra writes `"False"` for some of them.
pub(in crate::scim) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
