//! What an organisation is told about approvals. The kinds are part of the API: `docs/api.md` lists them.

use sealpost_access::notices::{Notice, NoticeKind};
use sealpost_store::Time;

use super::model::{Approval, State};

const REQUESTED: NoticeKind = NoticeKind::new("approval.requested");
const DECIDED: NoticeKind = NoticeKind::new("approval.decided");
const EMERGENCY: NoticeKind = NoticeKind::new("approval.emergency");

fn of(kind: NoticeKind, approval: &Approval) -> Notice {
    Notice::of(kind).with("approval_id", approval.id).with("module", approval.module.word())
}

/// Somebody asks for something, or for something else.
pub(super) fn requested(approval: &Approval) -> Notice {
    of(REQUESTED, approval).with("asked_by", approval.asker()).with("expires_at", approval.expires_at())
}

/// It has come to where it goes no further by itself.
pub(super) fn decided(approval: &Approval, state: State) -> Notice {
    of(DECIDED, approval).with("state", state.word())
}

/// Two people have put something into force without the others.
pub(super) fn emergency(approval: &Approval, at: Time) -> Notice {
    of(EMERGENCY, approval).with("at", at)
}
