//! How a session looks on the wire.

use schemars::JsonSchema;
use sealpost_store::{MemberId, SessionId, Time};
use serde::Serialize;

use crate::sessions::SessionRow;

/// A member who is signed in somewhere.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(super) struct SessionView {
    id: SessionId,
    member_id: MemberId,
    /// Whether it is the one that asks.
    current: bool,
    /// How they proved who they are: `passkey`, `operator_link`, …
    method: &'static str,
    /// The kind of browser, as far as it is one we know; else `other`.
    browser: &'static str,
    /// Its system, as far as it is one we know; else `other`.
    system: &'static str,
    /// Sixteen hexadecimal digits: the same for one member and network (/24 or /48), and nothing more.
    network: String,
    created_at: Time,
    /// When it was used last, to the minute.
    seen_at: Time,
    /// When they last proved with a passkey that it is them.
    proved_at: Option<Time>,
}

impl SessionView {
    /// Seen by whoever asks in the session `current`.
    pub(super) fn of(session: &SessionRow, current: Option<[u8; 16]>) -> Self {
        Self {
            id: session.id,
            member_id: session.member,
            current: current == Some(session.id.bytes()),
            method: session.method.word(),
            browser: session.agent.browser(),
            system: session.agent.system(),
            network: format!("{:016x}", u64::from_be_bytes(session.network)),
            created_at: session.created_at,
            seen_at: session.seen_at,
            proved_at: session.proved_at,
        }
    }
}
