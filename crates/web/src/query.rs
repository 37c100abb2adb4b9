//! Query strings: `application/x-www-form-urlencoded` pairs read into a type, as strictly as bodies.

use std::borrow::Cow;

use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{self, DeserializeOwned, IntoDeserializer, Visitor};

use crate::problem::{Place, QUERY_INVALID, Refusal, Wrong};

/// Reads a query. Unknown and repeated parameters are refused; a list is one parameter with commas between its elements.
pub(crate) fn read<T: DeserializeOwned>(query: &str) -> Result<T, Refusal> {
    let pairs = pairs(query).map_err(|problem| refusal(&problem.name, problem.code))?;
    read_pairs(&pairs)
}

/// Reads the query that a browser makes of a form: a field that was left empty isn't there.
pub(crate) fn read_fields<T: DeserializeOwned>(query: &str) -> Result<T, Refusal> {
    let mut pairs = pairs(query).map_err(|problem| refusal(&problem.name, problem.code))?;
    pairs.retain(|(_, value)| !value.is_empty());
    read_pairs(&pairs)
}

fn read_pairs<T: DeserializeOwned>(pairs: &[(Cow<'_, str>, Cow<'_, str>)]) -> Result<T, Refusal> {
    let refuse = |problem: Problem| refusal(&problem.name, problem.code);
    for (at, (name, _)) in pairs.iter().enumerate() {
        if pairs[..at].iter().any(|(earlier, _)| earlier == name) {
            return Err(refusal(name, "field_duplicate"));
        }
    }
    typed(pairs.iter().map(|(name, value)| (&**name, &**value))).map_err(refuse)
}

/// The decoded names and values of `application/x-www-form-urlencoded` text.
pub(crate) fn pairs(text: &str) -> Result<Vec<(Cow<'_, str>, Cow<'_, str>)>, Problem> {
    let mut all = Vec::new();
    for text in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let name = decode(name).ok_or_else(|| Problem::of("", "field_invalid"))?;
        let value = decode(value).ok_or_else(|| Problem::of(&name, "field_invalid"))?;
        all.push((name, value));
    }
    Ok(all)
}

/// Names and values as a type.
pub(crate) fn typed<'p, T: DeserializeOwned>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> Result<T, Problem> {
    T::deserialize(MapDeserializer::new(pairs.map(|(name, value)| (Name(name), Text { name, value }))))
}

fn refusal(parameter: &str, code: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::of(&QUERY_INVALID).wrong(Wrong { place: Place::Parameter(parameter.into()), code: code.into() })
}

/// Percent-decodes; `+` is a space. Nothing if the result is not UTF-8.
pub(crate) fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(text.into());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high << 4 | low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

/// What is wrong with which name.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) name: String,
    pub(crate) code: Cow<'static, str>,
}

impl Problem {
    pub(crate) fn of(name: &str, code: &'static str) -> Self {
        Self { name: name.into(), code: code.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)
    }
}

impl std::error::Error for Problem {}

impl de::Error for Problem {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        let code = if crate::body::is_code(&message) { message.into() } else { "field_invalid".into() };
        Self { name: String::new(), code }
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::of(field, "field_unknown")
    }

    fn missing_field(field: &'static str) -> Self {
        Self::of(field, "field_missing")
    }
}

#[derive(Clone, Copy)]
struct Name<'a>(&'a str);

impl<'a> IntoDeserializer<'a, Problem> for Name<'a> {
    type Deserializer = StrDeserializer<'a, Problem>;
    fn into_deserializer(self) -> Self::Deserializer {
        StrDeserializer::new(self.0)
    }
}

/// The text of a parameter, which becomes whatever its type wants.
#[derive(Clone, Copy)]
struct Text<'a> {
    name: &'a str,
    value: &'a str,
}

impl IntoDeserializer<'_, Problem> for Text<'_> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl Text<'_> {
    fn named<T>(self, result: Result<T, Problem>) -> Result<T, Problem> {
        result.map_err(|problem| Problem { name: self.name.into(), ..problem })
    }

    fn parsed<T: std::str::FromStr>(self) -> Result<T, Problem> {
        self.value.parse().map_err(|_| Problem::of(self.name, "field_invalid"))
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            self.named(visitor.$visit(self.parsed()?))
        })+
    };
}

impl<'de> de::Deserializer<'de> for Text<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.named(visitor.visit_str(self.value))
    }

    numbers!(deserialize_bool visit_bool deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32
        deserialize_i64 visit_i64 deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32
        deserialize_u64 visit_u64);

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.named(visitor.visit_some(self))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Problem> {
        self.named(visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let elements = self.value.split(',').map(|value| Text { value, ..self });
        self.named(visitor.visit_seq(de::value::SeqDeserializer::new(elements)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.named(visitor.visit_enum(StrDeserializer::<Problem>::new(self.value)))
    }

    serde::forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any i128 u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum State {
        Failed,
        Sent,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        limit: Option<u16>,
        state: Option<Vec<State>>,
        #[serde(rename = "created_at[gte]")]
        since: Option<String>,
        name: String,
    }

    fn wrong(query: &str) -> (String, String) {
        let refusal = read::<Filter>(query).unwrap_err();
        let wrong = refusal.errors()[0].clone();
        let Place::Parameter(name) = wrong.place else { panic!("not a parameter") };
        (name, wrong.code.into_owned())
    }

    #[test]
    fn parameters_become_what_their_types_want() {
        let filter: Filter =
            read("limit=5&state=failed,sent&created_at%5Bgte%5D=2026-01-01T00%3A00&name=a+b%C3%A9").unwrap();
        let state = Some(vec![State::Failed, State::Sent]);
        assert_eq!(
            filter,
            Filter { limit: Some(5), state, since: Some("2026-01-01T00:00".into()), name: "a bé".into() }
        );
    }

    #[test]
    fn what_is_wrong_is_named_without_its_value() {
        for (query, name, code) in [
            ("limit=secret&name=x", "limit", "field_invalid"),
            ("limit=70000&name=x", "limit", "field_invalid"),
            ("limit=1&limit=2&name=x", "limit", "field_duplicate"),
            ("colour=red&name=x", "colour", "field_unknown"),
            ("state=red&name=x", "state", "field_invalid"),
            ("name=%ff", "name", "field_invalid"),
            ("limit=1", "name", "field_missing"),
        ] {
            assert_eq!(wrong(query), (name.into(), code.into()), "{query}");
        }
    }
}
