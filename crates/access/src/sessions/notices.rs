//! What an organisation is told about its members' sessions. The kinds are part of the API: `docs/api.md` lists them.

use sealpost_store::SessionId;

use super::model::Opening;
use crate::notices::{Fact, Notice, NoticeKind};

const NEW_DEVICE: NoticeKind = NoticeKind::new("member.new_device");

const RECOVERED: NoticeKind = NoticeKind::new("member.recovered");

/// Somebody came in without a passkey: by a recovery code or a link for whoever has lost theirs.
pub(super) fn recovered(opening: &Opening, session: SessionId) -> Notice {
    Notice::of(RECOVERED)
        .with("member_id", opening.member)
        .with("session_id", session)
        .with("method", opening.method.word())
}

/// A member has signed in from a network or in a kind of browser in which they were not seen for a month.
pub(super) fn new_device(opening: &Opening, session: SessionId) -> Notice {
    Notice::of(NEW_DEVICE)
        .with("member_id", opening.member)
        .with("session_id", session)
        .with("method", opening.method.word())
        .with("browser", opening.agent.browser())
        .with("system", opening.agent.system())
        .with("network", Fact::hex(opening.network))
}
