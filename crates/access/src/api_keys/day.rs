//! Days, by which use is counted.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_store::{Cell, Column, Param, Time, Value};
use serde::{Serialize, Serializer};

/// Milliseconds in a day.
pub(super) const DAY_MS: i64 = 86_400_000;

/// A day in UTC, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// The day of a moment.
    pub const fn of(time: Time) -> Self {
        Self(time.unix_ms().div_euclid(DAY_MS))
    }

    /// So many days earlier.
    pub const fn minus(self, days: i64) -> Self {
        Self(self.0.saturating_sub(days))
    }

    /// Its number, as what is keyed by days takes it.
    pub(crate) const fn bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

impl std::fmt::Display for Day {
    /// RFC 3339: `2026-01-15`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let midnight = Time::from_unix_ms(self.0.saturating_mul(DAY_MS)).to_string();
        f.write_str(midnight.split_once('T').map_or(&*midnight, |(date, _)| date))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

impl Param for Day {
    fn value(&self) -> Value<'_> {
        Value::Int(self.0)
    }
}

impl Column for Day {
    fn read(cell: Cell<'_>) -> Option<Self> {
        i64::read(cell).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        let of = |text: &str| Day::of(text.parse().unwrap());
        assert_eq!(of("2026-01-15T00:00:00Z"), of("2026-01-15T23:59:59.999Z"));
        assert_eq!(of("2026-01-16T00:00:00Z").minus(1), of("2026-01-15T12:00:00Z"));
        assert_eq!(of("2026-01-15T09:30:00Z").to_string(), "2026-01-15");
        assert_eq!(Day::of(Time::from_unix_ms(-1)).to_string(), "1969-12-31");
    }
}
