//! How states and steps are said and drawn.

use sealpost_web::shell::parts::{Shape, State as Badge, Tone};

use crate::messages::model::State;
use crate::storage::Mode;

/// A state as people read it.
pub(crate) const fn badge(state: State) -> Badge {
    match state {
        State::Queued => Badge::new("Queued", Shape::Waiting, Tone::Idle),
        State::Sending => Badge::new("Sending", Shape::Half, Tone::Idle),
        State::Sent => Badge::new("Sent", Shape::Half, Tone::Ok),
        State::Delivered => Badge::new("Delivered", Shape::Done, Tone::Ok),
        State::Failed => Badge::new("Failed", Shape::Failed, Tone::Bad),
        State::Unknown => Badge::new("Unknown", Shape::Unknown, Tone::Warn),
        State::Cancelled => Badge::new("Cancelled", Shape::Ended, Tone::Idle),
        State::Expired => Badge::new("Expired", Shape::Ended, Tone::Warn),
    }
}

/// What is said of a message with the time it took: that it arrived only where somebody has said so.
pub(super) const fn went(state: State) -> Option<&'static str> {
    match state {
        State::Sent => Some("sent"),
        State::Delivered => Some("delivered"),
        _ => None,
    }
}

/// What is stored for how long, as people read it.
pub(super) const fn storage(mode: Mode) -> &'static str {
    match mode {
        Mode::Keep => "Kept",
        Mode::UntilDelivered => "Until delivered",
        Mode::Never => "Never written",
    }
}

/// No code is longer; every id is: 26 letters after its prefix.
const LONGEST_CODE: usize = 28;

/// A code as people read it: `mailbox_unknown` becomes `mailbox unknown`.
pub(crate) fn spaced(code: &str) -> String {
    // Not in ids: a report's detail ends with one.
    let word = |word: &str| if word.len() > LONGEST_CODE { word.to_owned() } else { word.replace('_', " ") };
    code.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// What a step of the timeline says, how it is drawn, and what there is to add.
pub(super) fn step(kind: &str, attempt: u32, detail: Option<&str>) -> (String, Shape, Tone, String) {
    let detail = detail.map(spaced).unwrap_or_default();
    let (says, shape, tone, adds) = match kind {
        "accepted" if detail.is_empty() => ("Accepted", Shape::Done, Tone::Ok, "Durable before the answer".into()),
        "accepted" => ("Accepted", Shape::Done, Tone::Ok, detail),
        "attempt_started" => {
            return (format!("Attempt {attempt}"), Shape::Half, Tone::Idle, "The provider is asked".into());
        }
        "queued" => ("Waits for the next attempt", Shape::Waiting, Tone::Idle, detail),
        "sent" => ("Sent", Shape::Half, Tone::Ok, "The provider has taken it".into()),
        "delivered" => ("Delivered", Shape::Done, Tone::Ok, detail),
        "failed" => ("Failed", Shape::Failed, Tone::Bad, detail),
        "unknown" => ("Unknown", Shape::Unknown, Tone::Warn, detail),
        "cancelled" => ("Cancelled", Shape::Ended, Tone::Idle, detail),
        "expired" => ("Expired", Shape::Ended, Tone::Warn, detail),
        "report_delivered" => ("Reported", Shape::Done, Tone::Ok, detail),
        "report_queued" => ("Report waits", Shape::Waiting, Tone::Idle, detail),
        "report_dead" => ("Report not taken", Shape::Failed, Tone::Bad, detail),
        other => return (spaced(other), Shape::Half, Tone::Idle, detail),
    };
    (says.to_owned(), shape, tone, adds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_spaced_and_ids_are_not() {
        assert_eq!(spaced("mailbox_unknown"), "mailbox unknown");
        let report = "message.delivered dlv_01m8fmbndmf7jr32je5234v6m1";
        assert_eq!(spaced(report), report);
    }

    #[test]
    fn every_state_has_its_own_word_and_no_two_look_alike_in_shape_and_tone() {
        let badges = State::ALL.map(badge);
        for (at, one) in badges.iter().enumerate() {
            assert!(badges[at + 1..].iter().all(|other| one.word != other.word));
            assert!(badges[at + 1..].iter().all(|other| (one.shape, one.tone) != (other.shape, other.tone)));
        }
    }
}
