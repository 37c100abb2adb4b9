//! How many rows there are.

use sealpost_store::{ContactId, DeliveryId, EndpointId, MessageId, Row, StoreError, Tx, sql};

use crate::contacts;
use crate::messages::{MessageStanding, Which};

/// Contacts that were there before this one would be: those who were erased or merged into another, too, which are no rows.
pub(super) fn contacts(tx: &mut Tx<'_>, before: ContactId) -> Result<u64, StoreError> {
    let all = sql!("select cast(count(*) as bigint) as n from contact where org = $1 and env = $2 and id < $3");
    Ok(tx.optional(all, &[&before], counted)?.unwrap_or_default())
}

/// Messages that were there before this one would be.
pub(super) fn messages(tx: &mut Tx<'_>, which: Which, before: MessageId) -> Result<u64, StoreError> {
    let all = sql!("select cast(count(*) as bigint) as n from message where org = $1 and env = $2 and id < $3");
    // Index message_contact.
    let to = sql!(
        "select cast(count(*) as bigint) as n from message where org = $1 and env = $2 and contact = $3 and id < $4"
    );
    let undelivered =
        sql!("select cast(count(*) as bigint) as n from undelivered where org = $1 and env = $2 and message < $3");
    // Index outbox_target.
    let under_way = sql!(
        "select cast(count(*) as bigint) as n from outbox
         where org = $1 and env = $2 and kind = 'message.dispatch' and target < $3"
    );
    let one = match which {
        Which::All => tx.optional(all, &[&before], counted)?,
        Which::Standing(MessageStanding::NotDelivered) => tx.optional(undelivered, &[&before], counted)?,
        Which::Standing(MessageStanding::UnderWay) => tx.optional(under_way, &[&before], counted)?,
        Which::To(contact) => {
            let mut person = contacts::one_person(tx, contact)?;
            if person.is_empty() {
                person.push(contact);
                person.extend(contacts::merged_into(tx, contact)?.into_iter().map(|(id, _)| id));
            }
            let mut count = 0;
            for contact in person {
                count += tx.optional(to, &[&contact, &before], counted)?.unwrap_or_default();
            }
            Some(count)
        }
    };
    Ok(one.unwrap_or_default())
}

/// Deliveries that were there before this one would be, to this endpoint if it is named.
pub(super) fn deliveries(tx: &mut Tx<'_>, endpoint: Option<EndpointId>, before: DeliveryId) -> Result<u64, StoreError> {
    let all = sql!("select cast(count(*) as bigint) as n from delivery where org = $1 and env = $2 and id < $3");
    // Index delivery_endpoint.
    let to = sql!(
        "select cast(count(*) as bigint) as n from delivery where org = $1 and env = $2 and endpoint = $3 and id < $4"
    );
    let one = match endpoint {
        None => tx.optional(all, &[&before], counted)?,
        Some(endpoint) => tx.optional(to, &[&endpoint, &before], counted)?,
    };
    Ok(one.unwrap_or_default())
}

/// Attempts of deliveries that were there before this one would be.
pub(super) fn attempts(tx: &mut Tx<'_>, before: DeliveryId) -> Result<u64, StoreError> {
    let all = sql!("select cast(count(*) as bigint) as n from attempt where org = $1 and env = $2 and delivery < $3");
    Ok(tx.optional(all, &[&before], counted)?.unwrap_or_default())
}

fn counted(row: &Row<'_>) -> Result<u64, StoreError> {
    row.get("n")
}
