//! What an organisation is told about its secrets. The kinds are part of the API: `docs/api.md` lists them.

use super::model::NamedSecret;
use crate::notices::{Notice, NoticeKind};

const AGING: NoticeKind = NoticeKind::new("secret.aging");

/// The newest version is so many days old.
pub(super) fn aging(secret: &NamedSecret, age_days: i64) -> Notice {
    Notice::of(AGING).with("secret_id", secret.id).with("version", secret.newest.number).with("age_days", age_days)
}
