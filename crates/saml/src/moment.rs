//! Moments: milliseconds since 1970-01-01T00:00:00Z, written as SAML writes them.

use jiff::Timestamp;

use crate::xml::ShapeFlaw;

/// Reads an `xs:dateTime` in UTC (SAML Core §1.3.3: no time zone but `Z`); `what` names the value in the refusal.
pub(crate) fn read(text: &str, what: &'static str) -> Result<i64, ShapeFlaw> {
    let moment = has_form(text).then(|| text.parse::<Timestamp>().ok()).flatten();
    moment.map(Timestamp::as_millisecond).ok_or(ShapeFlaw::Value(what))
}

/// `2026-01-15T09:30:00Z`, with or without a fraction of up to nine digits.
fn has_form(text: &str) -> bool {
    let Some((date, fraction)) = text.strip_suffix('Z').and_then(|text| text.split_at_checked(19)) else {
        return false;
    };
    let shaped = date.bytes().zip(*b"0000-00-00T00:00:00").all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == form,
    });
    let digits = |text: &str| (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    shaped && (fraction.is_empty() || fraction.strip_prefix('.').is_some_and(digits))
}

/// `2026-01-15T09:30:00Z`: whole seconds, which everybody reads.
pub(crate) fn write(ms: i64) -> String {
    Timestamp::from_second(ms.div_euclid(1000)).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_is_read_and_nothing_else() {
        assert_eq!(read("2026-01-15T09:30:00Z", "x"), Ok(1_768_469_400_000));
        assert_eq!(read("2026-01-15T09:30:00.1234567Z", "x"), Ok(1_768_469_400_123));
        let others = [
            "",
            "Z",
            "2026-01-15",
            "2026-01-15T09:30:00",
            "2026-01-15T09:30:00+00:00",
            "2026-01-15t09:30:00z",
            "2026-01-15 09:30:00Z",
            "2026-13-15T09:30:00Z",
            "2026-01-15T25:30:00Z",
            "2026-01-15T09:30:00.Z",
            "2026-01-15T09:30:00.1234567890Z",
            " 2026-01-15T09:30:00Z",
            "+2026-01-15T09:30:00Z",
            "2026-01-15T09:30:0éZ",
        ];
        for other in others {
            assert_eq!(read(other, "x"), Err(ShapeFlaw::Value("x")), "{other}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(write(1_768_469_400_999), "2026-01-15T09:30:00Z");
        assert_eq!(read(&write(1_768_469_400_000), "x"), Ok(1_768_469_400_000));
    }
}
