//! What is said of keys, to people and to scripts.

use sealpost_access::api_keys::{ApiKey, Issued, KeyUsage};
use sealpost_store::{Clock as _, Time, World};
use serde_json::{Value, json};

use super::super::{Outcome, Shell, Stop};
use super::Save;
use crate::files;

const DAY_MS: i64 = 86_400_000;
/// From so many days before its end on it is said how long a key still has: since the first reminder.
const SOON_DAYS: i64 = 14;

/// A key of the local store, as the API would show it in short.
pub(super) fn brief(key: &ApiKey, now: Time) -> Value {
    let state = match (key.revoked_at, key.successor) {
        (Some(_), _) => "revoked",
        _ if key.expires_at <= now => "expired",
        (None, Some(_)) => "rotated",
        (None, None) => "active",
    };
    json!({ "id": key.id, "name": key.name.as_str(), "last4": key.last4, "state": state, "expires_at": key.expires_at,
        "uses": key.uses, "last_used_at": key.last_use.map(|last| last.at) })
}

/// The use of a key of the local store, as the API would show it.
pub(super) fn use_of(usage: &KeyUsage) -> Value {
    let days: Vec<Value> = usage.days.iter().map(|(date, uses)| json!({ "date": date, "uses": uses })).collect();
    let last_used_at = usage.key.last_use.map(|last| last.at);
    json!({ "id": usage.key.id, "uses": usage.key.uses, "last_used_at": last_used_at, "days": days })
}

pub(super) fn list(shell: &Shell, page: &Value) {
    let now = World::real().clock.now();
    shell.out.result(page, || {
        for key in page["data"].as_array().into_iter().flatten() {
            shell.out.say(format_args!(
                "{}  {:8}  …{}  {}  {}  {}",
                text(key, "id"),
                text(key, "state"),
                text(key, "last4"),
                end(key, now),
                uses(key),
                text(key, "name"),
            ));
        }
        if let Some(cursor) = page["next_cursor"].as_str() {
            shell.out.note(format_args!("more: --cursor {cursor}"));
        }
    });
}

pub(super) fn usage(shell: &Shell, usage: &Value) {
    shell.out.result(usage, || {
        shell.out.say(format_args!("{}  {}", text(usage, "id"), uses(usage)));
        for day in usage["days"].as_array().into_iter().flatten() {
            shell.out.say(format_args!("{}  {}", text(day, "date"), day["uses"]));
        }
    });
}

pub(super) fn revoked(shell: &Shell, key: &Value) {
    let value =
        json!({ "id": key["id"], "state": "revoked", "uses": key["uses"], "last_used_at": key["last_used_at"] });
    shell.out.result(&value, || shell.out.say(format_args!("{}  revoked  {}", text(key, "id"), uses(key))));
}

pub(super) fn issued(shell: &Shell, save: &Save, issued: Issued) -> Outcome {
    let key = &issued.key;
    let made = json!({ "id": key.id, "name": key.name.as_str(), "expires_at": key.expires_at,
        "environment": key.environment, "key": issued.plain.expose() });
    new(shell, save, made)
}

pub(super) fn new(shell: &Shell, save: &Save, mut made: Value) -> Outcome {
    let key = made["key"].take();
    let key = key.as_str().ok_or_else(|| Stop::refused("this answers a repeated request: the key was shown before"))?;
    let (id, ends) = (text(&made, "id"), text(&made, "expires_at"));
    match &save.save {
        Some(path) => {
            files::write_private(path, format!("{key}\n").as_bytes())?;
            made["key_file"] = json!(path);
            shell
                .out
                .result(&made, || shell.out.say(format_args!("{id}  saved to {} (0600)  ends {ends}", path.display())));
        }
        None => {
            made["key"] = json!(key);
            shell.out.result(&made, || shell.out.say(format_args!("{id}  shown once:  {key}  ends {ends}")));
        }
    }
    Ok(())
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or("—").to_owned()
}

/// `1204 uses, last 2026-01-10`, or `never used`.
fn uses(key: &Value) -> String {
    match key["last_used_at"].as_str() {
        Some(at) => format!("{} uses, last {}", key["uses"], date(at)),
        None => "never used".to_owned(),
    }
}

/// `ends 2026-04-15`; of an active key that ends soon, also in how many days.
fn end(key: &Value, now: Time) -> String {
    let at = text(key, "expires_at");
    let left = at.parse::<Time>().map_or(i64::MAX, |end| end.since(now));
    match left.saturating_add(DAY_MS - 1) / DAY_MS {
        1 if key["state"] == "active" => format!("ends {}, in a day", date(&at)),
        days @ 2..=SOON_DAYS if key["state"] == "active" => format!("ends {}, in {days} days", date(&at)),
        _ => format!("ends {}", date(&at)),
    }
}

fn date(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_ends_soon_says_in_how_many_days() {
        let now: Time = "2026-04-01T12:00:00Z".parse().unwrap();
        let key = |state: &str, end: &str| json!({ "state": state, "expires_at": end });
        assert_eq!(end(&key("active", "2026-04-02T11:00:00.000Z"), now), "ends 2026-04-02, in a day");
        assert_eq!(end(&key("active", "2026-04-04T11:00:00.000Z"), now), "ends 2026-04-04, in 3 days");
        assert_eq!(end(&key("active", "2026-04-16T11:00:00.000Z"), now), "ends 2026-04-16");
        assert_eq!(end(&key("revoked", "2026-04-04T11:00:00.000Z"), now), "ends 2026-04-04");
        assert_eq!(end(&key("expired", "2026-03-31T11:00:00.000Z"), now), "ends 2026-03-31");
    }

    #[test]
    fn use_is_told_with_its_last_day() {
        assert_eq!(uses(&json!({ "uses": 7, "last_used_at": "2026-01-10T09:30:00.000Z" })), "7 uses, last 2026-01-10");
        assert_eq!(uses(&json!({ "uses": 0, "last_used_at": null })), "never used");
    }
}
