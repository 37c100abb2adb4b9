//! When a proof is asked for anew, and what is one.

use sealpost_store::Time;

use super::model::Proof;

const DAY_MS: i64 = 86_400_000;
/// How long a proof is good: 90 days.
pub(super) const LASTS_MS: i64 = 90 * DAY_MS;
/// How long before its end it is asked for anew.
pub(super) const EARLY_MS: i64 = 14 * DAY_MS;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing yet.
    Nothing,
    /// To ask again; it ends in so many days.
    Ask {
        /// Begun days count.
        days_left: i64,
    },
    /// To ask a last time: its time is over.
    AskAtTheEnd,
}

/// What is due about this proof. It is asked once a day, and at the end whenever that was.
pub(super) fn due(proof: &Proof, now: Time) -> Due {
    let Some(ends) = proof.expires_at() else { return Due::Nothing };
    let left = ends.since(now);
    if left <= 0 {
        return Due::AskAtTheEnd;
    }
    let asked_today = proof.tried_at.is_some_and(|tried| now.since(tried) < DAY_MS);
    if left > EARLY_MS || asked_today {
        return Due::Nothing;
    }
    Due::Ask { days_left: (left + DAY_MS - 1) / DAY_MS }
}

/// Whether one of these records is the text, to the letter.
pub(super) fn is_among<'a>(records: impl IntoIterator<Item = &'a str>, text: &str) -> bool {
    records.into_iter().any(|record| record == text)
}

/// Whether a served text holds ours on a line of its own: several endpoints may share a host.
pub(super) fn is_served(body: &[u8], text: &str) -> bool {
    std::str::from_utf8(body).is_ok_and(|body| is_among(body.lines().map(str::trim), text))
}

#[cfg(test)]
mod tests {
    use super::super::model::Way;
    use super::*;
    use proptest::prelude::*;

    const NOW: Time = Time::from_unix_ms(1_768_469_400_000);

    fn proved(days_ago: i64, tried_hours_ago: Option<i64>) -> Proof {
        Proof {
            way: Way::Dns,
            nonce: "00".into(),
            proved_at: Some(NOW.plus_ms(-days_ago * DAY_MS)),
            tried_at: tried_hours_ago.map(|hours| NOW.plus_ms(-hours * 3_600_000)),
            warned_at: None,
        }
    }

    #[test]
    fn it_is_asked_for_once_a_day_in_the_last_fortnight_and_at_the_end() {
        assert_eq!(due(&proved(75, None), NOW), Due::Nothing);
        assert_eq!(due(&proved(76, None), NOW), Due::Ask { days_left: 14 });
        assert_eq!(due(&proved(80, Some(23)), NOW), Due::Nothing);
        assert_eq!(due(&proved(80, Some(24)), NOW), Due::Ask { days_left: 10 });
        assert_eq!(due(&proved(90, Some(1)), NOW), Due::AskAtTheEnd);
        assert_eq!(due(&proved(400, None), NOW), Due::AskAtTheEnd);
        assert_eq!(due(&Proof { proved_at: None, ..proved(0, None) }, NOW), Due::Nothing);
    }

    #[test]
    fn a_text_stands_alone_on_its_line() {
        let text = "sealpost-verify=abc";
        for served in ["sealpost-verify=abc", "sealpost-verify=abc\n", "other\r\n sealpost-verify=abc \r\n"] {
            assert!(is_served(served.as_bytes(), text), "{served}");
        }
        for not in
            ["", "sealpost-verify=abcd", "a sealpost-verify=abc", "sealpost-verify=ABC", "<p>sealpost-verify=abc</p>"]
        {
            assert!(!is_served(not.as_bytes(), text), "{not}");
        }
        assert!(!is_served(b"\xff\nsealpost-verify=abc", text), "not a text");
    }

    proptest! {
        #[test]
        fn nothing_longer_or_shorter_is_the_text(before in ".{0,4}", after in ".{0,4}") {
            let text = "sealpost-verify=abc";
            let record = format!("{before}{text}{after}");
            prop_assert_eq!(is_among([record.as_str()], text), record == text);
        }
    }
}
