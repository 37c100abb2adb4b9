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

/// Which deliveries somebody looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Wanted {
    /// To this endpoint.
    pub(crate) endpoint: Option<EndpointId>,
    /// In this state.
    pub(crate) state: Option<State>,
    /// Of this event, or of all that begin so: `message.*`.
    pub(crate) event: Option<String>,
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
