//! What an organisation is told about proofs. The kinds are part of the API: `docs/api.md` lists them.

use sealpost_access::notices::{Notice, NoticeKind};
use sealpost_store::{EndpointId, Time};

use super::model::Way;

const EXPIRING: NoticeKind = NoticeKind::new("endpoint.proof_expiring");
const LAPSED: NoticeKind = NoticeKind::new("endpoint.proof_lapsed");

/// It was asked again, in vain; so many days are left.
pub(super) fn expiring(endpoint: EndpointId, way: Way, expires_at: Time, days_left: i64) -> Notice {
    Notice::of(EXPIRING)
        .with("endpoint_id", endpoint)
        .with("way", way.word())
        .with("expires_at", expires_at)
        .with("days_left", days_left)
}

/// It isn't called any more.
pub(super) fn lapsed(endpoint: EndpointId, way: Way) -> Notice {
    Notice::of(LAPSED).with("endpoint_id", endpoint).with("way", way.word())
}
