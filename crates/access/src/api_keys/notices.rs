//! What an organisation is told about its keys. The kinds are part of the API: `docs/api.md` lists them.

use sealpost_store::ApiKeyId;

use crate::notices::{Notice, NoticeKind};

const LEAK_REPORTED: NoticeKind = NoticeKind::new("api_key.leak_reported");

/// Somebody found the key where it should not be; it has been revoked.
pub(super) fn leak_reported(id: ApiKeyId) -> Notice {
    Notice::of(LEAK_REPORTED).with("key_id", id)
}
