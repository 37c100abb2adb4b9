//! What of a setting, a line of a log and a metric may leave: only what is known to be harmless.

use serde_json::{Map, Value};

use crate::config::Setting;

/// What stands for whatever may not leave.
const LEFT_OUT: &str = "…";
/// Fields of an event whose value is a word of ours.
const WORDS: [&str; 8] = ["level", "target", "message", "code", "kind", "route", "engine", "error_code"];
/// Fields of an event that are numbers of ours.
const NUMBERS: [&str; 8] = ["attempt", "attempts", "status", "count", "leaves", "size", "ms", "bytes"];
/// Labels of metrics whose values are words of ours; those of others may be what somebody has called something.
const LABELS: [&str; 9] = ["route", "status", "method", "kind", "class", "state", "result", "channel", "engine"];
/// A number of more digits might be somebody's.
const DIGITS: usize = 6;

/// A setting: its value if that is the default, a number or a switch; else only that it is set.
pub(super) fn setting(setting: &Setting) -> String {
    let is_plain =
        setting.from == "default" || is_number(&setting.value) || matches!(&*setting.value, "true" | "false");
    let value = if is_plain { &*setting.value } else { LEFT_OUT };
    format!("{} = {value}", setting.key)
}

/// A sample of a metric, with its labels as far as their values are words of ours; nothing for comments.
pub(super) fn metric(line: &str) -> Option<String> {
    let (name, value) = line.rsplit_once(' ').filter(|_| !line.starts_with('#'))?;
    let (name, labels) = name.split_once('{').unwrap_or((name, ""));
    let is_name = name.starts_with("sealpost_")
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let value = value.parse::<f64>().ok()?;
    let labels = labels.trim_end_matches('}').split("\",").filter_map(|label| {
        let (key, value) = label.trim_end_matches('"').split_once("=\"")?;
        let is_ours = LABELS.contains(&key) && is_template(value);
        Some(format!("{}=\"{}\"", word(key)?, if is_ours { value } else { LEFT_OUT }))
    });
    let labels = labels.collect::<Vec<_>>().join(",");
    is_name.then(|| if labels.is_empty() { format!("{name} {value}") } else { format!("{name}{{{labels}}} {value}") })
}

/// An event: when, how grave, where in the program, which, and its numbers. A line that is no event of ours is only said to have been one.
pub(super) fn event(line: &str) -> String {
    match serde_json::from_str::<Map<String, Value>>(line) {
        Ok(fields) => Value::Object(fields.iter().map(|(name, value)| field(name, value)).collect()).to_string(),
        Err(_) => text(line),
    }
}

fn field(name: &str, value: &Value) -> (String, Value) {
    let left_out = || Value::from(LEFT_OUT);
    let is_ours = name == "timestamp" || WORDS.contains(&name) || NUMBERS.contains(&name);
    let name = if is_ours { name } else { LEFT_OUT }.to_owned();
    let value = match value {
        Value::Bool(_) | Value::Null => value.clone(),
        Value::Number(number) if number.to_string().len() <= DIGITS => value.clone(),
        Value::String(text) if name == "timestamp" && is_time(text) => value.clone(),
        Value::String(text) if WORDS.contains(&&*name) && is_template(text) => value.clone(),
        _ => left_out(),
    };
    (name, value)
}

/// `2026-01-15T09:30:00Z  INFO sealpost_messaging::dispatch: message.accepted attempt=1 id=…`
fn text(line: &str) -> String {
    let mut words = line.split_whitespace();
    let (at, level, target, what) = (words.next(), words.next(), words.next(), words.next());
    let head = [
        at.filter(|at| is_time(at)),
        level.filter(|level| matches!(*level, "ERROR" | "WARN" | "INFO" | "DEBUG" | "TRACE")),
        target.filter(|target| {
            target.starts_with("sealpost") && target.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b':'))
        }),
        what.filter(|what| is_event(what)),
    ];
    let [Some(at), Some(level), Some(target), what] = head else { return LEFT_OUT.to_owned() };
    let numbers = words.filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let is_ours = NUMBERS.contains(&name) && is_number(value);
        is_ours.then(|| format!(" {name}={value}"))
    });
    format!("{at} {level} {target} {}{}", what.unwrap_or(LEFT_OUT), numbers.collect::<String>())
}

/// A name of ours: small letters and underscores.
fn word(text: &str) -> Option<&str> {
    (!text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')).then_some(text)
}

/// `message.accepted`.
fn is_event(text: &str) -> bool {
    text.split_once('.').is_some_and(|(subject, what)| word(subject).is_some() && word(what).is_some())
}

/// A word, an event, a level, a place in the program or the template of a path: nothing in it is of anybody.
fn is_template(text: &str) -> bool {
    // What begins as an API key does is none of our words, however it goes on.
    let is_key = ["sk_", "pk_"].iter().any(|kind| text.starts_with(kind));
    let is_code =
        !is_key && text.len() <= 80 && text.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b':' | b'.'));
    let is_path = text.starts_with('/')
        && text.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'-' | b'/' | b'{' | b'}' | b'.' | b'1'));
    let is_level = matches!(
        text,
        "ERROR" | "WARN" | "INFO" | "DEBUG" | "TRACE" | "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD"
    );
    is_code || is_path || is_level || is_number(text)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= DIGITS && text.bytes().all(|b| b.is_ascii_digit())
}

/// RFC 3339, in UTC.
fn is_time(text: &str) -> bool {
    (20..=30).contains(&text.len())
        && text.ends_with('Z')
        && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'.' | b'T' | b'Z'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::needles::Needles;

    /// What must not be in a bundle, in the forms in which a careless line would have it.
    const MARKS: [&str; 6] = [
        "ada.wombat@example.com",
        "+15550100123",
        "wombat2026",
        "192.0.2.17",
        "con_01m8fmbdtdfnfv6517rsq9g55k",
        "sk_live_wombat",
    ];

    fn clean(of: &str) {
        let needles = Needles::of(MARKS.map(|mark| ("mark", mark)));
        assert!(needles.found_in(of.as_bytes()).is_empty(), "{of}");
        assert!(!of.to_lowercase().contains("wombat"), "{of}");
    }

    #[test]
    fn an_event_keeps_what_is_ours_and_nothing_that_is_anybodys() {
        let line = "2026-01-15T09:30:00.123456Z  INFO sealpost_messaging::dispatch: message.accepted attempt=2 id=msg_01 to=ada.wombat@example.com";
        assert_eq!(
            event(line),
            "2026-01-15T09:30:00.123456Z INFO sealpost_messaging::dispatch: message.accepted attempt=2"
        );
        let line = r#"{"timestamp":"2026-01-15T09:30:00.1Z","level":"WARN","message":"letter.undelivered","code":"channel_missing","to":"ada.wombat@example.com","attempt":2}"#;
        let kept: Value = serde_json::from_str(&event(line)).unwrap();
        assert_eq!(kept["message"], "letter.undelivered");
        assert_eq!((kept["code"].clone(), kept["attempt"].clone()), ("channel_missing".into(), 2.into()));
        assert!(kept.get("to").is_none());
        for mark in MARKS {
            clean(&event(mark));
            clean(&event(&format!("2026-01-15T09:30:00Z INFO sealpost_web::app: {mark} to={mark} {mark}=1 {mark}")));
            clean(&event(&format!("2026-01-15T09:30:00Z INFO {mark} message.accepted")));
            for name in ["to", "message", "code", "route", "timestamp", mark] {
                clean(&event(&serde_json::json!({ name: mark, "level": "INFO" }).to_string()));
                clean(&event(&serde_json::json!({ name: { "deep": mark } }).to_string()));
            }
        }
        clean(&event(r#"{"phone":15550100123,"level":"INFO"}"#));
    }

    #[test]
    fn a_setting_is_shown_only_where_it_tells_of_nobody() {
        let of = |value: &str, from: &str| {
            setting(&Setting { key: "server.bind".into(), value: value.into(), from: from.into() })
        };
        assert_eq!(of("127.0.0.1:7700", "default"), "server.bind = 127.0.0.1:7700");
        assert_eq!(of("30", "sealpost.toml:3"), "server.bind = 30");
        assert_eq!(of("true", "sealpost.toml:3"), "server.bind = true");
        for mark in MARKS {
            assert_eq!(of(mark, "sealpost.toml:3"), "server.bind = …");
        }
    }

    #[test]
    fn a_metric_keeps_its_numbers_and_the_words_of_ours_on_it() {
        assert_eq!(metric("# HELP sealpost_x y"), None);
        assert_eq!(metric("sealpost_up 1"), Some("sealpost_up 1".into()));
        assert_eq!(
            metric(r#"sealpost_requests_total{route="/v1/messages/{id}",status="200"} 12"#),
            Some(r#"sealpost_requests_total{route="/v1/messages/{id}",status="200"} 12"#.into())
        );
        for mark in MARKS {
            for line in
                [format!("sealpost_x{{endpoint=\"{mark}\"}} 1"), format!("{mark} 1"), format!("sealpost_x {mark}")]
            {
                clean(&metric(&line).unwrap_or_default());
            }
        }
    }
}
