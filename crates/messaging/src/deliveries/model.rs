//! One event on its way to one endpoint.

use bytes::Bytes;
use sealpost_store::{DeliveryId, EndpointId, Environment, MessageId, NoticeId, Time};
use serde::Serialize;

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not yet tried, or waiting for the next try.
    Queued,
    /// The receiver took it.
    Delivered,
    /// Nobody will try again by itself; it can be resent.
    Dead,
}

impl State {
    /// The word it is stored and shown as.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// The state of this word.
    pub fn read(word: &str) -> Option<Self> {
        [Self::Queued, Self::Delivered, Self::Dead].into_iter().find(|state| state.word() == word)
    }
}

/// A delivery as it is stored.
#[derive(Clone)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// To which endpoint.
    pub endpoint: EndpointId,
    /// The event's id, the same for every endpoint and every attempt: receivers recognise repeats by it.
    pub notice: NoticeId,
    /// The event's name.
    pub kind: String,
    /// The message it tells of, if any.
    pub message: Option<MessageId>,
    /// The exact bytes to send: ids and states, never anything personal.
    pub body: Bytes,
    /// How far it has come.
    pub state: State,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_at: Option<Time>,
    /// When it came to be.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// One try.
pub struct Attempt {
    /// Counted from 1.
    pub number: u32,
    /// When it began.
    pub started_at: Time,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// What it came to, as a code.
    pub outcome: String,
    /// The receiver's HTTP status.
    pub status: Option<u16>,
    /// How long the receiver took, in milliseconds.
    pub latency_ms: Option<u32>,
}

/// The name of an event, or the beginning of several: `message.delivered`, `message.*`, `*`. Nothing else, so that what somebody looks for
/// can be shown to them again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct EventPattern(String);

impl EventPattern {
    /// The pattern, if it is one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let stem = text.strip_suffix('*').unwrap_or(text);
        let fits = (1..=66).contains(&text.len())
            && (stem.is_empty() || stem.ends_with('.') || stem.len() == text.len())
            && stem
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-'));
        fits.then(|| Self(text.to_owned()))
    }

    /// Its text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> serde::Deserialize<'de> for EventPattern {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("pattern_invalid"))
    }
}

impl schemars::JsonSchema for EventPattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EventPattern".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^([a-z0-9_.-]+|([a-z0-9_.-]+\.)?\*)$", "maxLength": 66 })
    }
}

/// Which deliveries somebody looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Wanted {
    /// To this endpoint.
    pub(crate) endpoint: Option<EndpointId>,
    /// In this state.
    pub(crate) state: Option<State>,
    /// Of this event, or of all that begin so: `message.*`.
    pub(crate) event: Option<EventPattern>,
    /// That came to be then or later.
    pub(crate) since: Option<Time>,
    /// That came to be before.
    pub(crate) until: Option<Time>,
    /// Whose last attempt was answered with this HTTP status.
    pub(crate) status: Option<u16>,
}

impl Wanted {
    /// Those of one endpoint, in this state or any.
    pub(crate) fn of(endpoint: EndpointId, state: Option<State>) -> Self {
        Self { endpoint: Some(endpoint), state, ..Self::default() }
    }
}

/// An occurrence, as endpoints are told of it: thin, with ids and states and nothing personal.
#[derive(Serialize)]
pub struct Notice<'a, D> {
    /// The event's id.
    pub id: NoticeId,
    /// Its name.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// When it happened (RFC 3339).
    pub timestamp: String,
    /// Where.
    pub environment: Environment,
    /// What.
    pub data: D,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_name_a_beginning_or_everything() {
        for good in ["message.delivered", "message.*", "*", "a", "api_key.leak-reported"] {
            assert_eq!(EventPattern::parse(good).map(|one| one.0).as_deref(), Some(good));
        }
        for bad in
            ["", "mess*", "**", "Message.*", "+12025550142", "a b", "ada@example.com", "%", "é.*", &"a".repeat(67)]
        {
            assert_eq!(EventPattern::parse(bad), None, "{bad}");
        }
    }
}
