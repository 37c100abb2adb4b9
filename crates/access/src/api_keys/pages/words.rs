//! How keys are said and drawn.

use sealpost_seal::token::KeyKind;
use sealpost_store::Time;
use sealpost_web::shell::figure::{Meter, Part};
use sealpost_web::shell::parts::{Shape, State, Tone, When};

use crate::api_keys::day::DAY_MS;
use crate::api_keys::model::{ApiKey, KeyMask, KeyState};
use crate::api_keys::rules;

/// Days before its end from which a key's end is news, and from which it is urgent: as notices of it are.
const NEAR: (i64, i64) = (14, 3);

/// How far through its life a key is.
pub(super) struct Life {
    pub(super) bar: Meter,
    pub(super) tone: Tone,
    /// `ends`, `ended`, `was revoked`.
    pub(super) says: &'static str,
    pub(super) at: When,
}

/// A key's state as people read it.
pub(super) fn badge(key: &ApiKey, now: Time) -> State {
    match rules::state(key, now) {
        KeyState::Active if is_near(key, now) => State::new("Ends soon", Shape::Half, Tone::Warn),
        KeyState::Active => State::new("Active", Shape::Done, Tone::Ok),
        KeyState::Rotated { until, .. } if now < until => State::new("Rotated", Shape::Half, Tone::Warn),
        KeyState::Rotated { .. } => State::new("Replaced", Shape::Ended, Tone::Idle),
        KeyState::Expired { .. } => State::new("Expired", Shape::Ended, Tone::Idle),
        KeyState::Revoked { .. } => State::new("Revoked", Shape::Failed, Tone::Bad),
    }
}

fn is_near(key: &ApiKey, now: Time) -> bool {
    key.expires_at.since(now) <= NEAR.0 * DAY_MS
}

/// How much of its life is over.
pub(super) fn life(key: &ApiKey, now: Time) -> Life {
    let whole = key.expires_at.since(key.created_at).max(1);
    let end = key.revoked_at.unwrap_or(key.expires_at);
    let over = now.min(end).since(key.created_at).clamp(0, whole);
    let left = end.since(now);
    let (tone, fill) = match left {
        _ if left <= 0 => (Tone::Idle, "f-idle"),
        _ if left <= NEAR.1 * DAY_MS => (Tone::Bad, "f-bad"),
        _ if left <= NEAR.0 * DAY_MS => (Tone::Warn, "f-warn"),
        _ => (Tone::Ok, "f-accent"),
    };
    let says = match (key.revoked_at, left > 0) {
        (Some(_), _) => "revoked",
        (None, true) => "ends",
        (None, false) => "ended",
    };
    // Whole numbers of milliseconds in years: exact as floating-point numbers.
    let share = over as f64 / whole as f64;
    Life { bar: Meter::new(vec![Part { share, fill }]), tone, says, at: When::new(end, now) }
}

/// The text of a key as far as it may be shown: how it begins, and its last four characters.
pub(super) fn stub(key: &ApiKey) -> String {
    let begin = match key.kind {
        KeyKind::Secret => "sk",
        KeyKind::Publishable => "pk",
    };
    format!("{begin}_{}_…{}", key.environment.as_str(), key.last4)
}

/// How much of phone numbers a key sees.
pub(super) const fn mask(mask: KeyMask) -> &'static str {
    match mask {
        KeyMask::Full => "Nothing",
        KeyMask::Last4 => "The last four digits",
        KeyMask::First3Last4 => "The first three digits and the last four",
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::key;
    use super::*;

    #[test]
    fn a_key_near_its_end_is_news_before_it_is_over() {
        let key = key(90, None);
        let at = |days: i64| key.expires_at.plus_ms(-days * DAY_MS);
        let tones = [60, 14, 3, 0, -5].map(|days| life(&key, at(days)).tone);
        assert_eq!(tones, [Tone::Ok, Tone::Warn, Tone::Bad, Tone::Idle, Tone::Idle]);
        assert_eq!([20, 14, -1].map(|days| badge(&key, at(days)).word), ["Active", "Ends soon", "Expired"]);
    }

    #[test]
    fn nothing_but_four_characters_of_a_key_is_shown() {
        assert_eq!(stub(&key(90, None)), "sk_test_…x9Qf");
    }
}
