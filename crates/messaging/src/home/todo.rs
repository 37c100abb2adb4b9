//! What needs somebody, and the decisions about it.

use sealpost_access::api_keys::ApiKey;
use sealpost_store::Time;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Tone, When, grouped};

use crate::endpoints::{Endpoint, State};
use crate::messages::Figure;

const DAY_MS: i64 = 86_400_000;
/// From when on a key that ends is worth a word (parity A13).
const SOON_MS: i64 = 14 * DAY_MS;
/// From when on it is urgent.
const URGENT_MS: i64 = 3 * DAY_MS;
/// How long leaves may wait for their checkpoint before something is wrong.
const UNSIGNED_MS: i64 = 10 * 60_000;

/// One thing to do.
#[derive(Clone, Debug)]
pub(super) struct Todo {
    /// How urgent it is.
    pub(super) tone: Tone,
    pub(super) icon: Icon,
    /// What is the matter.
    pub(super) title: String,
    /// What else there is to know.
    pub(super) says: String,
    /// Where to go.
    pub(super) href: String,
    /// What the button says.
    pub(super) act: &'static str,
}

/// What an endpoint wants, if anything.
pub(super) fn of_endpoint(endpoint: &Endpoint, now: Time, href: String) -> Option<Todo> {
    let (tone, title, says, act) = match endpoint.state {
        State::Active => return None,
        State::Pending => (
            Tone::Warn,
            format!("Endpoint {} is not verified", endpoint.name),
            "it hears of nothing until it answers a signed ping".to_owned(),
            "Verify",
        ),
        State::Failing { since } => (
            Tone::Bad,
            format!("Endpoint {} is failing", endpoint.name),
            format!("since {}; deliveries wait for it", When::new(since, now).words()),
            "Look",
        ),
        State::Disabled { reason: "manual", .. } => return None,
        State::Disabled { since, reason } => (
            Tone::Bad,
            format!("Endpoint {} is disabled", endpoint.name),
            format!(
                "{}: {}",
                When::new(since, now).words(),
                if reason == "gone" { "it answered 410" } else { "it failed too long" }
            ),
            "Look",
        ),
    };
    Some(Todo { tone, icon: Icon::Link, title, says, href, act })
}

/// What a key wants, if anything: to be rotated before it ends.
pub(super) fn of_key(key: &ApiKey, now: Time, href: String) -> Option<Todo> {
    let left = key.expires_at.since(now);
    if key.revoked_at.is_some() || key.successor.is_some() || !(0..SOON_MS).contains(&left) {
        return None;
    }
    let tone = if left < URGENT_MS { Tone::Bad } else { Tone::Warn };
    let title = format!("Key {} ends {}", key.name.as_str(), When::new(key.expires_at, now).words());
    let says = match key.last_use {
        Some(last) => format!("used {}", When::new(last.at, now).words()),
        None => "never used".to_owned(),
    };
    Some(Todo { tone, icon: Icon::Key, title, says, href, act: "Rotate" })
}

/// What lost messages want: to be looked at.
pub(super) fn of_lost(day: Figure, href: String) -> Option<Todo> {
    if day.lost == 0 {
        return None;
    }
    let ended = day.lost + day.delivered + day.sent;
    let tone = if day.lost * 20 >= ended { Tone::Bad } else { Tone::Warn };
    let (count, are) = (grouped(day.lost), if day.lost == 1 { "message was" } else { "messages were" });
    let says = format!("of {} in the last 24 hours", grouped(ended));
    Some(Todo { tone, icon: Icon::Message, title: format!("{count} {are} not delivered"), says, href, act: "Look" })
}

/// What the ledger wants: its checkpoints.
pub(super) fn of_ledger(unsigned: u64, signed_at: Option<Time>, now: Time, href: String) -> Option<Todo> {
    let late = unsigned > 0 && signed_at.is_none_or(|at| now.since(at) > UNSIGNED_MS);
    late.then(|| Todo {
        tone: Tone::Bad,
        icon: Icon::Shield,
        title: "The ledger is not being signed".to_owned(),
        says: format!("{} entries wait for a checkpoint", grouped(unsigned)),
        href,
        act: "Look",
    })
}

/// The most urgent first; of the same urgency in their own order.
pub(super) fn in_order(mut all: Vec<Todo>) -> Vec<Todo> {
    all.sort_by_key(|todo| match todo.tone {
        Tone::Bad => 0,
        Tone::Warn => 1,
        Tone::Ok | Tone::Idle => 2,
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_ms(1_768_469_400_000);

    fn figure(lost: u64, delivered: u64) -> Figure {
        Figure { lost, delivered, ..Figure::default() }
    }

    #[test]
    fn lost_messages_are_urgent_once_they_are_one_in_twenty() {
        assert!(of_lost(figure(0, 100), String::new()).is_none());
        assert_eq!(of_lost(figure(1, 100), String::new()).unwrap().tone, Tone::Warn);
        assert_eq!(of_lost(figure(10, 100), String::new()).unwrap().tone, Tone::Bad);
        assert_eq!(of_lost(figure(1, 0), String::new()).unwrap().title, "1 message was not delivered");
    }

    #[test]
    fn a_ledger_without_checkpoints_is_told_of_once_it_is_late() {
        let href = String::new;
        assert!(of_ledger(0, None, NOW, href()).is_none());
        assert!(of_ledger(5, Some(NOW.plus_ms(-60_000)), NOW, href()).is_none());
        assert!(of_ledger(5, Some(NOW.plus_ms(-UNSIGNED_MS - 1)), NOW, href()).is_some());
        assert!(of_ledger(5, None, NOW, href()).is_some());
    }

    #[test]
    fn what_is_urgent_comes_first() {
        let all =
            vec![of_lost(figure(1, 100), String::new()).unwrap(), of_ledger(5, None, NOW, String::new()).unwrap()];
        assert_eq!(in_order(all)[0].tone, Tone::Bad);
    }
}
