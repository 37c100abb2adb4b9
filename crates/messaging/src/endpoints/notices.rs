//! What an organisation is told about how endpoints do. The kinds are part of the API: `docs/api.md` lists them.

use sealpost_access::notices::{Notice, NoticeKind};
use sealpost_store::EndpointId;

use super::model::State;

const FAILING: NoticeKind = NoticeKind::new("endpoint.failing");
const RECOVERED: NoticeKind = NoticeKind::new("endpoint.recovered");
const DISABLED: NoticeKind = NoticeKind::new("endpoint.disabled");

/// What is told of an endpoint that came to this state by how its calls went. Others hear of it: it may not.
pub(super) fn of(id: EndpointId, to: &State) -> Option<Notice> {
    let told = |kind| Notice::of(kind).with("endpoint_id", id);
    match to {
        State::Pending => None,
        State::Active => Some(told(RECOVERED)),
        State::Failing { since } => Some(told(FAILING).with("since", *since)),
        State::Disabled { since, reason } => Some(told(DISABLED).with("since", *since).with("reason", *reason)),
    }
}
