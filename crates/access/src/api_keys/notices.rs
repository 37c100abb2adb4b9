//! What an organisation is told about its keys. The kinds are part of the API: `docs/api.md` lists them.

use sealpost_store::ApiKeyId;

use super::model::ApiKey;
use super::network::NetworkName;
use crate::notices::{Fact, Notice, NoticeKind};

const EXPIRING: NoticeKind = NoticeKind::new("api_key.expiring");
const EXPIRED: NoticeKind = NoticeKind::new("api_key.expired");
const NEW_NETWORK: NoticeKind = NoticeKind::new("api_key.new_network");
const IDLE_WOKEN: NoticeKind = NoticeKind::new("api_key.idle_woken");
const LEAK_REPORTED: NoticeKind = NoticeKind::new("api_key.leak_reported");

/// The key ends soon, and nothing has taken over from it.
pub(super) fn expiring(key: &ApiKey, days_left: u16) -> Notice {
    Notice::of(EXPIRING).with("key_id", key.id).with("expires_at", key.expires_at).with("days_left", days_left)
}

/// The key has ended, and nothing has taken over from it.
pub(super) fn expired(key: &ApiKey) -> Notice {
    Notice::of(EXPIRED).with("key_id", key.id).with("expires_at", key.expires_at)
}

/// The key was used from a network it was not known from, called as in the key's view that day.
pub(super) fn new_network(id: ApiKeyId, network: NetworkName) -> Notice {
    Notice::of(NEW_NETWORK).with("key_id", id).with("network", Fact::hex(network.0))
}

/// The key was used after so many days without a use.
pub(super) fn idle_woken(id: ApiKeyId, idle_days: i64) -> Notice {
    Notice::of(IDLE_WOKEN).with("key_id", id).with("idle_days", idle_days)
}

/// Somebody found the key where it should not be; it has been revoked.
pub(super) fn leak_reported(id: ApiKeyId) -> Notice {
    Notice::of(LEAK_REPORTED).with("key_id", id)
}
