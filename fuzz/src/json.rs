//! Strict JSON, with serde_json as the judge.

use std::collections::HashSet;
use std::fmt;

use sealpost_web::__fuzzing::strict_json;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The deepest nesting that is accepted.
const DEEPEST: usize = 64;
/// RFC 7493 §2.2: the largest integer everybody holds.
const LARGEST: u64 = (1 << 53) - 1;

/// A request's body: what is accepted means the same to serde_json, and what is refused has a reason.
pub fn json(data: &[u8]) {
    let judged = serde_json::from_slice::<Judged>(data);
    match strict_json(data) {
        Ok((value, canonical)) => {
            let judged = judged.expect("serde_json refuses what is accepted");
            assert!(!judged.repeats, "a repeated key is accepted");
            assert!(judged.depth <= DEEPEST, "{} levels are accepted", judged.depth);
            assert!(!judged.unsafe_integer, "an integer that JavaScript doesn't hold is accepted");
            assert!(same(&value, &judged.value), "read as another value");
            let rewritten = serde_json::to_vec(&value).unwrap();
            let (_, again) = strict_json(&rewritten).expect("its own value written anew");
            assert_eq!(again, canonical, "two forms of one value");
        }
        Err(refusal) if refusal.code().code == "number_unsafe" => {
            assert!(data.iter().any(u8::is_ascii_digit), "a number is refused where there is none");
        }
        Err(refusal) => {
            let reason = judged.map_or(true, |judged| judged.repeats || judged.depth > DEEPEST);
            assert!(reason, "refused without a reason: {:?}", refusal.errors());
        }
    }
}

/// Whether two values are the same. `1` and `1.0` are.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// A value as serde_json reads it, and what it would not tell.
struct Judged {
    value: Value,
    /// Arrays and objects inside each other.
    depth: usize,
    repeats: bool,
    unsafe_integer: bool,
}

impl Judged {
    fn plain(value: Value) -> Self {
        Self { value, depth: 0, repeats: false, unsafe_integer: false }
    }

    fn integer(magnitude: u64, number: Number) -> Self {
        Self { unsafe_integer: magnitude > LARGEST, ..Self::plain(Value::Number(number)) }
    }

    /// An array or object around values like this.
    fn around(value: Value, inside: &[Self], repeats: bool) -> Self {
        Self {
            value,
            depth: 1 + inside.iter().map(|one| one.depth).max().unwrap_or(0),
            repeats: repeats || inside.iter().any(|one| one.repeats),
            unsafe_integer: inside.iter().any(|one| one.unsafe_integer),
        }
    }
}

impl<'de> Deserialize<'de> for Judged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Judge)
    }
}

struct Judge;

impl<'de> Visitor<'de> for Judge {
    type Value = Judged;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Judged, E> {
        Ok(Judged::plain(Value::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Judged, E> {
        Ok(Judged::plain(Value::Bool(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Judged, E> {
        Ok(Judged::integer(value, value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Judged, E> {
        Ok(Judged::integer(value.unsigned_abs(), value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Judged, E> {
        Ok(Judged::plain(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Judged, E> {
        Ok(Judged::plain(Value::String(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Judged, A::Error> {
        let mut inside = Vec::new();
        while let Some(one) = access.next_element::<Judged>()? {
            inside.push(one);
        }
        let value = Value::Array(inside.iter_mut().map(|one| one.value.take()).collect());
        Ok(Judged::around(value, &inside, false))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Judged, A::Error> {
        let (mut inside, mut names, mut map, mut repeats) = (Vec::new(), HashSet::new(), Map::new(), false);
        while let Some((name, mut one)) = access.next_entry::<String, Judged>()? {
            repeats |= !names.insert(name.clone());
            map.insert(name, one.value.take());
            inside.push(one);
        }
        Ok(Judged::around(Value::Object(map), &inside, repeats))
    }
}
