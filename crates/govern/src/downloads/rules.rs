//! What a file takes, decided without any I/O.

use sealpost_store::Time;

use super::model::{Download, Fetch, Policy, State};

/// Rows of a sample.
pub(super) const SAMPLE: u32 = 10;
/// Rows of a document to read: nobody reads more, and where its pages are is kept until it is whole.
pub(super) const ROWS_OF_A_DOCUMENT: u64 = 50_000;
/// How often somebody may begin to fetch a file: lines break, and nobody has to ask others again because of that.
pub(super) const TRIES: u32 = 5;
/// And for how long after the first time.
pub(super) const FETCHING_MS: i64 = 30 * 60_000;

/// Why a file takes an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DownloadTakesApproval")]
pub(super) enum Because {
    /// Every file does.
    Always,
    /// It has a column of personal data.
    Personal,
    /// It has many rows.
    Rows,
}

/// Why this file takes an approval, if it does.
pub(super) fn takes(policy: &Policy, personal: bool, rows: u64) -> Option<Because> {
    match policy {
        Policy { always: true, .. } => Some(Because::Always),
        Policy { personal: true, .. } if personal => Some(Because::Personal),
        Policy { above_rows: Some(above), .. } if rows > u64::from(*above) => Some(Because::Rows),
        _ => None,
    }
}

/// Whether a file can be fetched at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fetchable {
    Yes,
    /// It isn't there yet, or isn't there any more.
    No,
    /// It is being handed over; in so many seconds somebody may try again.
    Later(u32),
}

/// Whether this session or key can fetch a file now: what was begun goes on for whoever began it, a few times and for a while.
pub(super) fn fetchable(of: &Download, by: [u8; 16], now: Time) -> Fetchable {
    if of.state != State::Ready {
        return Fetchable::No;
    }
    let Some(Fetch { tries, until, by: begun_by, held_until }) = of.fetch else {
        return if of.expires_at.is_some_and(|until| until > now) { Fetchable::Yes } else { Fetchable::No };
    };
    if begun_by != by {
        return Fetchable::No;
    }
    match held_until.filter(|held| *held > now) {
        Some(held) => Fetchable::Later(u32::try_from(held.since(now) / 1_000).unwrap_or_default().max(1)),
        None if tries < TRIES && until > now => Fetchable::Yes,
        None => Fetchable::No,
    }
}

/// What a request says about which bytes it wants.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// `Range`.
    pub(super) range: Option<String>,
    /// `If-Range`.
    pub(super) if_range: Option<String>,
}

/// Bytes of a file: from the first to before the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) from: u64,
    pub(super) to: u64,
    /// Whether it was asked for as a part.
    pub(super) is_range: bool,
}

/// Which bytes of a file of this length are asked for (RFC 9110 §14.1.2 and §14.2): what is no single range of bytes, or of another
/// version of it, asks for all of it; nothing, if it ends before the range begins.
pub(super) fn part(wanted: &Wanted, tag: &str, length: u64) -> Option<Part> {
    let whole = Part { from: 0, to: length, is_range: false };
    let is_other = wanted.if_range.as_ref().is_some_and(|version| version != tag);
    let range = wanted.range.as_deref().filter(|_| !is_other).and_then(|range| range.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.trim().split_once('-')) else { return Some(whole) };
    let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let (from, to) = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => (first, last.saturating_add(1).min(length)),
        (Some(first), None) if last.is_empty() => (first, length),
        (None, Some(last)) if first.is_empty() => (length.saturating_sub(last), length),
        _ => return Some(whole),
    };
    (from < to).then_some(Part { from, to, is_range: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(range: &str, if_range: Option<&str>) -> Option<(u64, u64, bool)> {
        let wanted = Wanted { range: Some(range.into()), if_range: if_range.map(str::to_owned) };
        part(&wanted, "\"one\"", 1_000).map(|part| (part.from, part.to, part.is_range))
    }

    #[test]
    fn a_range_is_read_as_rfc_9110_says() {
        for (range, wanted) in [
            ("bytes=0-499", Some((0, 500, true))),
            ("bytes=500-", Some((500, 1_000, true))),
            ("bytes=-500", Some((500, 1_000, true))),
            ("bytes=-5000", Some((0, 1_000, true))),
            ("bytes=990-5000", Some((990, 1_000, true))),
            ("bytes=999-18446744073709551615", Some((999, 1_000, true))),
            ("bytes=1000-", None),
            ("bytes=-0", None),
            // Several, another unit, and what is no range are left aside (§14.2).
            ("bytes=0-1,5-6", Some((0, 1_000, false))),
            ("rows=0-1", Some((0, 1_000, false))),
            ("bytes=9-1", Some((0, 1_000, false))),
            ("bytes=+1-", Some((0, 1_000, false))),
            ("bytes=-", Some((0, 1_000, false))),
            ("bytes=99999999999999999999-", Some((0, 1_000, false))),
        ] {
            assert_eq!(asked(range, None), wanted, "{range}");
        }
        assert_eq!(asked("bytes=500-", Some("\"one\"")), Some((500, 1_000, true)));
        // A weak tag is no promise that bytes are the same (§13.1.5).
        for other in ["\"two\"", "W/\"one\"", ""] {
            assert_eq!(asked("bytes=500-", Some(other)), Some((0, 1_000, false)), "{other}");
        }
        assert_eq!(part(&Wanted::default(), "", 0), Some(Part { from: 0, to: 0, is_range: false }));
    }

    #[test]
    fn personal_data_and_many_rows_take_an_approval_unless_somebody_says_otherwise() {
        let policy = Policy::default();
        assert_eq!(takes(&policy, true, 1), Some(Because::Personal));
        assert_eq!(takes(&policy, false, 1_001), Some(Because::Rows));
        assert_eq!(takes(&policy, false, 1_000), None);
        let lax = Policy { personal: false, above_rows: None, ..policy };
        assert_eq!(takes(&lax, true, 1_000_000), None);
        assert_eq!(takes(&Policy { always: true, ..lax }, false, 0), Some(Because::Always));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        /// Whatever is asked for lies in the file.
        #[test]
        fn no_range_leads_out_of_a_file(range in "(bytes=)?[0-9,-]{0,12}", length in 0_u64..100_000) {
            let wanted = Wanted { range: Some(range), if_range: None };
            if let Some(part) = part(&wanted, "", length) {
                prop_assert!(part.from <= part.to && part.to <= length);
            }
        }

        /// More rows, more personal columns or a stricter rule never take less.
        #[test]
        fn more_never_takes_less(always: bool, personal: bool, above in proptest::option::of(0_u32..5_000), of: bool, rows in 0_u64..10_000) {
            let policy = Policy { always, personal, above_rows: above, ..Policy::default() };
            if takes(&policy, of, rows).is_some() {
                prop_assert!(takes(&policy, true, rows).is_some());
                prop_assert!(takes(&policy, of, rows + 1).is_some());
                let strict = Policy { always: true, ..policy };
                prop_assert!(takes(&strict, of, rows).is_some());
            }
        }
    }
}
