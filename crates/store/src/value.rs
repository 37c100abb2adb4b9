//! What a statement's parameter can hold.

use sealpost_seal::env::Environment;

use crate::clock::Time;

/// A parameter, borrowed from where it stands.
#[derive(Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// SQL `null`.
    Null,
    /// `integer` / `boolean`.
    Bool(bool),
    /// `integer` / `bigint`.
    Int(i64),
    /// `text`.
    Text(&'a str),
    /// `blob` / `bytea`.
    Bytes(&'a [u8]),
    /// `blob` / `uuid`.
    Id([u8; 16]),
}

/// A type that can stand as a statement's parameter.
pub trait Param {
    /// Its value.
    fn value(&self) -> Value<'_>;
}

impl Param for i64 {
    fn value(&self) -> Value<'_> {
        Value::Int(*self)
    }
}
impl Param for u32 {
    fn value(&self) -> Value<'_> {
        Value::Int(i64::from(*self))
    }
}
impl Param for u64 {
    /// Counters stay below 2⁶³; a larger one saturates rather than turn negative.
    fn value(&self) -> Value<'_> {
        Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
    }
}
impl Param for bool {
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}
impl Param for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl Param for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl Param for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}
impl Param for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}
impl<const N: usize> Param for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}
impl Param for Time {
    fn value(&self) -> Value<'_> {
        Value::Int(self.unix_ms())
    }
}
impl Param for Environment {
    fn value(&self) -> Value<'_> {
        Value::Text(self.as_str())
    }
}
impl<T: Param> Param for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}
impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}
impl<T: Param + ?Sized> Param for std::sync::Arc<T> {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

/// A parameter that waits to be sent.
pub(crate) enum Owned {
    Null,
    Bool(bool),
    Int(i64),
    Text(Box<str>),
    Bytes(Box<[u8]>),
    Id([u8; 16]),
}

impl From<&Value<'_>> for Owned {
    fn from(value: &Value<'_>) -> Self {
        match *value {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(b),
            Value::Int(n) => Self::Int(n),
            Value::Text(t) => Self::Text(t.into()),
            Value::Bytes(b) => Self::Bytes(b.into()),
            Value::Id(b) => Self::Id(b),
        }
    }
}

impl Owned {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Int(n) => Value::Int(*n),
            Self::Text(t) => Value::Text(t),
            Self::Bytes(b) => Value::Bytes(b),
            Self::Id(b) => Value::Id(*b),
        }
    }
}
