//! Moments and spans, as people say them.

use std::fmt;

use askama::Template;
use sealpost_store::Time;

use super::markup;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A moment, told from now; the whole of it stands in its title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Template)]
#[template(ext = "html", source = r#"<time datetime="{{ at }}" title="{{ self.exact() }}">{{ self.words() }}</time>"#)]
pub struct When {
    /// The moment.
    pub at: Time,
    /// From when it is told.
    pub now: Time,
}

impl When {
    /// The moment `at`, told from `now`.
    pub const fn new(at: Time, now: Time) -> Self {
        Self { at, now }
    }

    /// `2026-01-15 09:30:00 UTC`.
    pub fn exact(&self) -> String {
        let text = self.at.to_string();
        match (text.get(..10), text.get(11..19)) {
            (Some(date), Some(time)) => format!("{date} {time} UTC"),
            _ => text,
        }
    }

    /// `3 min ago`, `in 2 days`; a date once that says more.
    pub fn words(&self) -> String {
        let since = self.now.since(self.at);
        if since.abs() >= 45 * DAY {
            return self.at.to_string().get(..10).unwrap_or_default().to_owned();
        }
        let span = span(since.abs());
        match since {
            -999..1000 => "now".into(),
            1000.. => format!("{span} ago"),
            _ => format!("in {span}"),
        }
    }
}

/// The largest unit that fits, without fractions.
fn span(ms: i64) -> String {
    match ms {
        ..MINUTE => format!("{} s", ms / SECOND),
        MINUTE..HOUR => format!("{} min", ms / MINUTE),
        HOUR..DAY => format!("{} h", ms / HOUR),
        _ if ms / DAY == 1 => "1 day".into(),
        _ => format!("{} days", ms / DAY),
    }
}

/// How long something took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took(pub i64);

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.max(0);
        match ms {
            ..10 => write!(f, "{ms} ms"),
            10..10_000 => write!(f, "{}.{:02} s", ms / SECOND, ms % SECOND / 10),
            10_000..MINUTE => write!(f, "{}.{} s", ms / SECOND, ms % SECOND / 100),
            MINUTE..HOUR => write!(f, "{} min {} s", ms / MINUTE, ms % MINUTE / SECOND),
            HOUR..DAY => write!(f, "{} h {} min", ms / HOUR, ms % HOUR / MINUTE),
            _ => write!(f, "{} d {} h", ms / DAY, ms % DAY / HOUR),
        }
    }
}

/// A count with its thousands apart, by a space that doesn't break: `14 220`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

markup!(When, Took);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_ms(1_768_469_400_000);

    #[test]
    fn a_moment_is_told_from_now_and_exactly_in_its_title() {
        for (ms, words) in [
            (0, "now"),
            (-12_000, "12 s ago"),
            (-3 * MINUTE, "3 min ago"),
            (-25 * HOUR, "1 day ago"),
            (3 * DAY, "in 3 days"),
            (-60 * DAY, "2025-11-16"),
        ] {
            assert_eq!(When::new(NOW.plus_ms(ms), NOW).words(), words);
        }
        assert_eq!(
            When::new(NOW, NOW).to_string(),
            r#"<time datetime="2026-01-15T09:30:00.000Z" title="2026-01-15 09:30:00 UTC">now</time>"#
        );
    }

    #[test]
    fn spans_are_as_precise_as_they_are_short() {
        for (ms, words) in [
            (4, "4 ms"),
            (310, "0.31 s"),
            (12_345, "12.3 s"),
            (125_000, "2 min 5 s"),
            (7 * HOUR, "7 h 0 min"),
            (3 * DAY, "3 d 0 h"),
        ] {
            assert_eq!(Took(ms).to_string(), words);
        }
    }

    #[test]
    fn thousands_stand_apart() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1\u{202f}000"),
            (14_220, "14\u{202f}220"),
            (1_234_567, "1\u{202f}234\u{202f}567"),
        ] {
            assert_eq!(grouped(count), text);
        }
    }
}
