//! The typed value of a checked document: a serde deserializer that is stricter than usual (a struct is an object, never an
//! array) and whose errors are a place and a code, never a value.

use std::borrow::Cow;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::document::{Document, Kind, Node};
use crate::problem::{BODY_INVALID, Refusal};

pub(super) fn read<T: DeserializeOwned>(document: &Document) -> Result<T, Refusal> {
    T::deserialize(At { document, at: 0 }).map_err(|wrong| Refusal::of(&BODY_INVALID).at(wrong.pointer, wrong.code))
}

/// What is wrong, where. A type that checks itself while it is read names its own code:
/// `D::Error::custom("not_e164")`; every other message becomes `field_invalid`.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) pointer: String,
    pub(crate) code: Cow<'static, str>,
}

impl Wrong {
    fn here(code: &'static str) -> Self {
        Self { pointer: String::new(), code: code.into() }
    }

    fn inside(mut self, segment: &str) -> Self {
        self.pointer.insert_str(0, &segment.replace('~', "~0").replace('/', "~1"));
        self.pointer.insert(0, '/');
        self
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        if is_code(&message) {
            Self { pointer: String::new(), code: message.into() }
        } else {
            Self::here("field_invalid")
        }
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::here("field_unknown").inside(field)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::here("field_missing").inside(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::here("field_duplicate").inside(field)
    }
}

pub(crate) fn is_code(text: &str) -> bool {
    text.len() <= 64 && text.contains('_') && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

#[derive(Clone, Copy)]
struct At<'d> {
    document: &'d Document,
    at: usize,
}

impl<'d> At<'d> {
    fn node(self) -> Node {
        self.document.node(self.at)
    }

    fn any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let node = self.node();
        match node.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::True => visitor.visit_bool(true),
            Kind::False => visitor.visit_bool(false),
            Kind::Number => self.number(visitor, false),
            Kind::Plain => visitor.visit_borrowed_str(self.document.raw(node)),
            Kind::Escaped => visitor.visit_str(&self.document.text(node)),
            Kind::Array => {
                visitor.visit_seq(Elements { of: self, children: self.document.children(self.at), index: 0 })
            }
            Kind::Object => visitor.visit_map(Members {
                of: self,
                children: self.document.children(self.at),
                value: 0,
                name: "".into(),
            }),
        }
    }

    /// `whole`: an integer is wanted, and `1.0` is one (JSON Schema 2020-12 §6.1.1).
    fn number<V: Visitor<'d>>(self, visitor: V, whole: bool) -> Result<V::Value, Wrong> {
        let raw = self.document.raw(self.node());
        if let Ok(number) = raw.parse::<u64>() {
            return visitor.visit_u64(number);
        }
        if let Ok(number) = raw.parse::<i64>() {
            return visitor.visit_i64(number);
        }
        let number: f64 = raw.parse().map_err(|_| Wrong::here("field_invalid"))?;
        if whole && number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
            return visitor.visit_i64(number as i64);
        }
        visitor.visit_f64(number)
    }

    fn only<V: Visitor<'d>>(self, kind: Kind, visitor: V) -> Result<V::Value, Wrong> {
        if self.node().kind == kind { self.any(visitor) } else { Err(Wrong::here("field_invalid")) }
    }

    fn integer<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.node().kind == Kind::Number { self.number(visitor, true) } else { Err(Wrong::here("field_invalid")) }
    }
}

macro_rules! forward {
    ($to:ident: $($method:ident)+) => {
        $(fn $method<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong> {
            self.$to(visitor)
        })+
    };
}

impl<'d> de::Deserializer<'d> for At<'d> {
    type Error = Wrong;

    forward!(any: deserialize_any deserialize_bool deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_seq deserialize_identifier);
    forward!(integer: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64);

    fn deserialize_option<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.node().kind == Kind::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit_struct<V: Visitor<'d>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        self.any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'d>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'d>>(self, length: usize, visitor: V) -> Result<V::Value, Wrong> {
        if self.node().kind == Kind::Array && self.document.children(self.at).count() != length {
            return Err(Wrong::here("field_invalid"));
        }
        self.only(Kind::Array, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'d>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.only(Kind::Object, visitor)
    }

    fn deserialize_struct<V: Visitor<'d>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.only(Kind::Object, visitor)
    }

    fn deserialize_enum<V: Visitor<'d>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let node = self.node();
        match node.kind {
            Kind::Plain | Kind::Escaped => visitor.visit_enum(self.document.text(node).as_ref().into_deserializer()),
            Kind::Object => {
                let mut children = self.document.children(self.at);
                match (children.next(), children.next(), children.next()) {
                    (Some(name), Some(value), None) => visitor.visit_enum(Variant { of: self, name, value }),
                    _ => Err(Wrong::here("field_invalid")),
                }
            }
            _ => Err(Wrong::here("field_invalid")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }
}

struct Elements<'d, I> {
    of: At<'d>,
    children: I,
    index: usize,
}

impl<'d, I: Iterator<Item = usize>> SeqAccess<'d> for Elements<'d, I> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'d>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let Some(at) = self.children.next() else { return Ok(None) };
        let element = seed.deserialize(At { at, ..self.of }).map_err(|wrong| wrong.inside(&self.index.to_string()))?;
        self.index += 1;
        Ok(Some(element))
    }
}

struct Members<'d, I> {
    of: At<'d>,
    children: I,
    value: usize,
    name: Cow<'d, str>,
}

impl<'d, I: Iterator<Item = usize>> MapAccess<'d> for Members<'d, I> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'d>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let (Some(name), Some(value)) = (self.children.next(), self.children.next()) else { return Ok(None) };
        self.value = value;
        self.name = self.of.document.text(self.of.document.node(name));
        let key = match &self.name {
            Cow::Borrowed(name) => seed.deserialize(BorrowedStrDeserializer::<Wrong>::new(name)),
            Cow::Owned(name) => seed.deserialize(StrDeserializer::<Wrong>::new(name)),
        };
        key.map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'d>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        seed.deserialize(At { at: self.value, ..self.of }).map_err(|wrong| wrong.inside(&self.name))
    }
}

struct Variant<'d> {
    of: At<'d>,
    name: usize,
    value: usize,
}

impl<'d> EnumAccess<'d> for Variant<'d> {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'d>>(self, seed: V) -> Result<(V::Value, Self), Wrong> {
        let name = self.of.document.text(self.of.document.node(self.name));
        Ok((seed.deserialize(StrDeserializer::<Wrong>::new(&name))?, self))
    }
}

impl<'d> Variant<'d> {
    fn inner(&self) -> At<'d> {
        At { at: self.value, ..self.of }
    }

    fn inside<T>(&self, result: Result<T, Wrong>) -> Result<T, Wrong> {
        result.map_err(|wrong| wrong.inside(&self.of.document.text(self.of.document.node(self.name))))
    }
}

impl<'d> VariantAccess<'d> for Variant<'d> {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        if self.inner().node().kind == Kind::Null { Ok(()) } else { Err(Wrong::here("field_invalid")) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'d>>(self, seed: T) -> Result<T::Value, Wrong> {
        self.inside(seed.deserialize(self.inner()))
    }

    fn tuple_variant<V: Visitor<'d>>(self, length: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.inside(de::Deserializer::deserialize_tuple(self.inner(), length, visitor))
    }

    fn struct_variant<V: Visitor<'d>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Wrong> {
        self.inside(self.inner().only(Kind::Object, visitor))
    }
}

#[cfg(test)]
#[path = "typed_tests.rs"]
mod tests;
