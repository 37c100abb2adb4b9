//! What an organisation is told about its secrets. The kinds are part of the API: `docs/api.md` lists them.

use sealpost_store::Time;

use super::handover::HandOver;
use super::model::NamedSecret;
use crate::notices::{Notice, NoticeKind};

const AGING: NoticeKind = NoticeKind::new("secret.aging");
const OPENED_AGAIN: NoticeKind = NoticeKind::new("secret.handover_opened_again");

/// The newest version is so many days old.
pub(super) fn aging(secret: &NamedSecret, age_days: i64) -> Notice {
    Notice::of(AGING).with("secret_id", secret.id).with("version", secret.newest.number).with("age_days", age_days)
}

/// The link of a hand-over was opened a second time: two have it, and the first may not have been who was meant.
pub(super) fn opened_again(handover: &HandOver, opened_at: Time) -> Notice {
    Notice::of(OPENED_AGAIN)
        .with("handover_id", handover.id)
        .with("secret_id", handover.secret)
        .with("version", handover.version)
        .with("opened_at", opened_at)
}
