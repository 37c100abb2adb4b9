//! What of a message is sealed, under which key, for which place.

use std::sync::Arc;

use sealpost_seal::envelope;
use sealpost_seal::key::{Key, KeyId, combine};
use sealpost_seal::{Personal, Place};
use sealpost_store::{ContactId, Ctx, MessageId, Org, SlotId, StoreError};
use zeroize::Zeroizing;

use super::model::Payload;

const TABLE: &str = "message";

/// A message's key: made from the contact's subject key and from a slot of the message's own, so that destroying either of
/// them makes the message noise.
pub(super) struct MessageKey {
    key: Key,
    id: KeyId,
}

impl MessageKey {
    pub(super) fn new(subject: &Key, slot_key: &Key, slot: SlotId) -> Self {
        let mut id = KeyId([0; 8]);
        id.0.copy_from_slice(&slot.bytes()[8..]);
        Self { key: combine(subject, slot_key, "message"), id }
    }

    pub(super) fn seal(
        &self,
        ctx: &Ctx,
        message: MessageId,
        contact: ContactId,
        column: &'static str,
        clear: &[u8],
    ) -> Vec<u8> {
        envelope::seal(&self.key, self.id, &place(ctx.org, &message.bytes(), contact, column), clear, ctx.rng())
    }

    pub(super) fn open(
        &self,
        org: Org,
        message: MessageId,
        contact: ContactId,
        column: &'static str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        Ok(envelope::open(&self.key, &place(org, &message.bytes(), contact, column), sealed)?)
    }

    /// The address the message goes to.
    pub(super) fn recipient(
        &self,
        org: Org,
        message: MessageId,
        contact: ContactId,
        sealed: &[u8],
    ) -> Result<Personal<String>, StoreError> {
        let clear = self.open(org, message, contact, "recipient", sealed)?;
        let text = std::str::from_utf8(&clear).map_err(|_| StoreError::Unopenable)?;
        Ok(Personal::new(text.to_owned()))
    }

    /// The data and content of the message.
    pub(super) fn payload(
        &self,
        org: Org,
        message: MessageId,
        contact: ContactId,
        sealed: &[u8],
    ) -> Result<Payload, StoreError> {
        let clear = self.open(org, message, contact, "payload", sealed)?;
        serde_json::from_slice(&clear).map_err(|_| StoreError::Unopenable)
    }
}

fn place<'a>(org: Org, row: &'a [u8; 16], contact: ContactId, column: &'static str) -> Place<'a> {
    Place {
        org: org.id.bytes(),
        environment: Some(org.environment),
        table: TABLE,
        column,
        row,
        owner: Some(contact.bytes()),
    }
}

/// A message's opened key, for jobs that carry it in memory.
pub(super) type Shared = Arc<MessageKey>;
