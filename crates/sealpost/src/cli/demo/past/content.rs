//! What the clinic says, by which names, and who hears of it.

use serde_json::{Value, json};

use super::days::Told;

/// The texts and events of both environments, beside those the demo always has: name of the template, the template, name of the
/// event, its class.
pub(super) fn texts() -> [(Value, &'static str, &'static str); 3] {
    [
        (
            json!({ "name": "results", "channel": "sms",
                "content": { "text": "{{ name }}, new results are in your Lakeside portal." } }),
            "results.ready",
            "transactional",
        ),
        (
            json!({ "name": "invoice", "channel": "email", "content": {
                "subject": "Invoice {{ number }}",
                "text": "Dear {{ name }},\n\nyour invoice {{ number }} over {{ amount }} is in your Lakeside portal.\n\nLakeside Clinic",
                "html": "<p>Dear {{ name }},</p><p>your invoice <b>{{ number }}</b> over {{ amount }} is in your Lakeside portal.</p>" } }),
            "invoice.issued",
            "transactional",
        ),
        (
            json!({ "name": "health-letter", "channel": "email", "content": {
                "subject": "The Lakeside health letter",
                "text": "Dear {{ name }},\n\nfive ways to a calmer autumn, and when the flu clinic is open.\n\nLakeside Clinic" } }),
            "letter.monthly",
            "marketing",
        ),
    ]
}

/// What the codes say after a while.
pub(super) fn new_text() -> Value {
    json!({ "content": { "text": "{{ code }} is your Lakeside Clinic code. We never ask for it on the phone." } })
}

/// What reminders said before they said what they say now.
pub(super) fn shorter_reminder() -> Value {
    json!({ "content": {
        "subject": "See you on {{ day }}",
        "text": "Dear {{ name }},\n\nwe look forward to seeing you on {{ day }}. Please bring your card.\n\nLakeside Clinic" } })
}

impl Told {
    /// The event that tells it.
    pub(super) const fn event(self) -> &'static str {
        match self {
            Self::Visit => "visit.reminder",
            Self::Results => "results.ready",
            Self::Invoice => "invoice.issued",
            Self::Letter => "letter.monthly",
        }
    }

    /// What fills its text. `number` is any number.
    pub(super) fn data(self, name: &str, number: i64) -> Value {
        const WEEK: [&str; 5] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];
        match self {
            Self::Visit => {
                let day = WEEK[usize::try_from(number.rem_euclid(5)).unwrap_or(0)];
                json!({ "name": name, "day": format!("{day} at {}:30", 8 + number.rem_euclid(9)) })
            }
            Self::Results | Self::Letter => json!({ "name": name }),
            Self::Invoice => json!({ "name": name, "number": format!("LC-{number}"),
                "amount": format!("{}.50 EUR", 18 + number.rem_euclid(90)) }),
        }
    }
}
