//! What an organisation is told about its members' passkeys. The kinds are part of the API: `docs/api.md` lists them.

use sealpost_store::{MemberId, PasskeyId};

use crate::notices::{Notice, NoticeKind};

const REGRESSED: NoticeKind = NoticeKind::new("passkey.regressed");

/// A passkey that counts its uses has counted backwards: it may have been copied. It was refused.
pub(super) fn regressed(member: MemberId, passkey: PasskeyId) -> Notice {
    Notice::of(REGRESSED).with("member_id", member).with("passkey_id", passkey)
}
