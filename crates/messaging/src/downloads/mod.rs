//! Contacts, messages, deliveries and their attempts as what files of many rows are taken of: their lists, a stretch at a time.

mod contacts;
mod deliveries;
mod messages;
mod store;

use std::sync::Arc;

use sealpost_govern::downloads::Exportable;
use sealpost_store::{Store, Time};

use crate::contacts::Contacts;
use crate::messages::Messages;

/// What of this crate leaves as files.
pub fn sources(store: &Store, contacts: &Contacts, messages: &Messages) -> Vec<Arc<dyn Exportable>> {
    vec![
        Arc::new(contacts::ContactRows(contacts.clone())),
        Arc::new(messages::MessageRows { messages: messages.clone() }),
        Arc::new(deliveries::DeliveryRows(store.clone())),
        Arc::new(deliveries::AttemptRows(store.clone())),
    ]
}

/// The least id of this millisecond: ids are ordered by their time (RFC 9562 §5.7), so those of what came to be before are smaller.
fn behind(until: Time) -> [u8; 16] {
    let mut id = [0; 16];
    id[..6].copy_from_slice(&until.unix_ms().to_be_bytes()[2..]);
    id
}

/// Below which a stretch begins: where the one before it ended, or behind everything from before `until`.
fn begins(until: Time, after: Option<[u8; 16]>) -> [u8; 16] {
    after.unwrap_or_else(|| behind(until))
}

#[cfg(test)]
mod tests {
    use sealpost_store::ContactId;

    use super::*;

    #[test]
    fn what_came_to_be_before_is_smaller_and_what_came_since_is_not() {
        let now = Time::from_unix_ms(1_768_478_400_000);
        let mut before = behind(now.plus_ms(-1));
        before[6..].fill(0xff);
        assert_eq!(ContactId::from_bytes(before).made_at(), now.plus_ms(-1));
        assert_eq!(ContactId::from_bytes(behind(now)).made_at(), now);
        assert!(before < behind(now));
    }
}
