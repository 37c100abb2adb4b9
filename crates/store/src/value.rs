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

/// Parameters that wait to be sent: few pieces of memory, however many they are.
pub(crate) struct Packed {
    cells: Box<[Cell]>,
    texts: Box<str>,
    bytes: Box<[u8]>,
}

/// A parameter, or how much it takes of what all of them share.
enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Text(usize),
    Bytes(usize),
    Id([u8; 16]),
}

impl Packed {
    pub(crate) fn new(values: &[Value<'_>]) -> Self {
        let (mut texts, mut bytes) = (String::new(), Vec::new());
        let cells = values.iter().map(|value| match *value {
            Value::Null => Cell::Null,
            Value::Bool(b) => Cell::Bool(b),
            Value::Int(n) => Cell::Int(n),
            Value::Text(t) => {
                texts.push_str(t);
                Cell::Text(t.len())
            }
            Value::Bytes(b) => {
                bytes.extend_from_slice(b);
                Cell::Bytes(b.len())
            }
            Value::Id(b) => Cell::Id(b),
        });
        let cells = cells.collect();
        Self { cells, texts: texts.into(), bytes: bytes.into() }
    }

    /// The parameters, in order.
    pub(crate) fn values(&self) -> impl Iterator<Item = Value<'_>> {
        let (mut texts, mut bytes) = (&*self.texts, &*self.bytes);
        self.cells.iter().map(move |cell| match *cell {
            Cell::Null => Value::Null,
            Cell::Bool(b) => Value::Bool(b),
            Cell::Int(n) => Value::Int(n),
            Cell::Text(length) => {
                let (text, rest) = texts.split_at_checked(length).unwrap_or_default();
                texts = rest;
                Value::Text(text)
            }
            Cell::Bytes(length) => {
                let (own, rest) = bytes.split_at_checked(length).unwrap_or_default();
                bytes = rest;
                Value::Bytes(own)
            }
            Cell::Id(b) => Value::Id(b),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_out_as_it_was() {
        let values = [
            Value::Text("før"),
            Value::Bytes(&[1, 2]),
            Value::Null,
            Value::Text(""),
            Value::Id([7; 16]),
            Value::Bytes(&[]),
            Value::Int(-1),
            Value::Text("x"),
            Value::Bool(true),
            Value::Bytes(&[3]),
        ];
        assert!(Packed::new(&values).values().eq(values));
        assert_eq!(Packed::new(&[]).values().count(), 0);
    }
}
