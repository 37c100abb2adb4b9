//! Contacts and messages as what files of many rows are taken of: their lists, a stretch at a time.

mod contacts;
mod messages;
mod store;

use std::sync::Arc;

use sealpost_govern::downloads::Exportable;
use sealpost_store::Time;

use crate::contacts::Contacts;
use crate::messages::Messages;

/// What of this crate leaves as files.
pub fn sources(contacts: &Contacts, messages: &Messages) -> Vec<Arc<dyn Exportable>> {
    vec![
        Arc::new(contacts::ContactRows(contacts.clone())),
        Arc::new(messages::MessageRows { messages: messages.clone() }),
    ]
}

/// The least id of the millisecond after this: ids are ordered by their time (RFC 9562 §5.7), so those of what came to be until then are
/// smaller.
fn behind(until: Time) -> [u8; 16] {
    let ms = until.plus_ms(1).unix_ms().to_be_bytes();
    let mut id = [0; 16];
    id[..6].copy_from_slice(&ms[2..]);
    id
}

#[cfg(test)]
mod tests {
    use sealpost_store::ContactId;

    use super::*;

    #[test]
    fn an_id_is_before_what_came_to_be_later_and_behind_what_was_there() {
        let now = Time::from_unix_ms(1_768_478_400_000);
        let made_now = ContactId::from_bytes({
            let mut id = behind(now.plus_ms(-1));
            id[6..].fill(0xff);
            id
        });
        assert_eq!(made_now.made_at(), now);
        assert!(made_now < ContactId::from_bytes(behind(now)));
        assert!(made_now > ContactId::from_bytes(behind(now.plus_ms(-1))));
    }
}
