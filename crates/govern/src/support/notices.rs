//! What an organisation is told about support access. The kinds are part of the API: `docs/api.md` lists them.

use sealpost_access::notices::{Notice, NoticeKind};
use sealpost_store::{SupportGrantId, Time};

use super::model::Ended;

const GRANTED: NoticeKind = NoticeKind::new("support.granted");
const ENDED: NoticeKind = NoticeKind::new("support.ended");
const GLASS: NoticeKind = NoticeKind::new("support.glass_broken");

/// Somebody is let in.
pub(super) fn granted(id: SupportGrantId, until: Time) -> Notice {
    Notice::of(GRANTED).with("support_grant_id", id).with("until", until)
}

/// Nobody is any more.
pub(super) fn ended(id: SupportGrantId, by: Ended) -> Notice {
    Notice::of(ENDED).with("support_grant_id", id).with("ended_by", by.word())
}

/// Somebody on the host reads what the organisation holds, without having been let in.
pub(super) fn glass_broken(id: SupportGrantId, command: &'static str) -> Notice {
    Notice::of(GLASS).with("support_grant_id", id).with("command", command)
}
