//! Legal holds: what is stored stays, and the person isn't erased, until the hold is lifted.

use std::collections::BTreeSet;

use sealpost_govern::Reason;
use sealpost_seal::{Place, Purpose};
use sealpost_store::{ContactId, Ctx, Leaf, LegalHoldId, MessageId, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::json;

use super::codes::{HOLD_LIFTED, HOLD_TARGET_UNKNOWN};
use super::service::Storage;
use super::store::{self, Hold};
use crate::contacts;
use crate::messages;

/// The most messages of one hold.
pub(super) const MOST_MESSAGES: usize = 1_000;
/// The label of the organisation's key that seals why something is held.
pub(super) const LABEL: &str = "settings";

/// Who or what is held.
pub(super) enum Target {
    /// A person: whatever is stored of messages to them, and whatever will be.
    Contact(ContactId),
    /// These messages.
    Messages(Vec<MessageId>),
}

/// Whether a message must stay as it is: it is held, or its contact is.
pub(crate) fn is_held(tx: &mut Tx<'_>, message: MessageId, contact: ContactId) -> Result<bool, StoreError> {
    store::is_held(tx, message.bytes(), contact.bytes())
}

/// Whether this person must stay: they are held, or something that was sent to them is. From here to the end of the transaction
/// nobody else holds them.
pub(crate) fn holds_person(tx: &mut Tx<'_>, contact: ContactId) -> Result<bool, StoreError> {
    store::take_turn(tx)?;
    store::holds_person(tx, contact)
}

/// Two contacts are one person from now on: whatever holds one of these holds all.
pub(crate) fn hold_together(tx: &mut Tx<'_>, everybody: &[ContactId]) -> Result<(), StoreError> {
    store::take_turn(tx)?;
    let mut holds = BTreeSet::new();
    for one in everybody {
        holds.extend(store::holds_of(tx, *one)?);
    }
    for hold in holds {
        for one in everybody {
            store::insert_item(tx, hold, one.bytes(), *one)?;
        }
    }
    Ok(())
}

/// Holds somebody or something from now on.
pub(super) fn place(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    target: &Target,
    reason: &Reason,
) -> Result<Recorded<Hold>, Failure> {
    store::take_turn(tx)?;
    let ctx = tx.ctx();
    let id = LegalHoldId::new(&ctx.world);
    let unknown = |place: &'static str| Refusal::of(&HOLD_TARGET_UNKNOWN).at(place, "unknown");
    let (contact, items) = match target {
        Target::Contact(contact) => {
            let everybody = contacts::one_person(tx, *contact)?;
            let lead = *everybody.first().ok_or_else(|| unknown("/contact_id"))?;
            for one in everybody {
                store::insert_item(tx, id, one.bytes(), one)?;
            }
            (Some(lead), 1)
        }
        Target::Messages(messages) => {
            if messages.is_empty() || messages.len() > MOST_MESSAGES {
                return Err(unknown("/messages").into());
            }
            for message in messages {
                let contact = messages::contact_of(tx, *message)?.ok_or_else(|| unknown("/messages"))?;
                store::insert_item(tx, id, message.bytes(), contact)?;
            }
            (None, messages.len() as u64)
        }
    };
    let clear = reason.text().expose(Purpose::Seal).as_bytes();
    let row = id.bytes();
    let sealed = keys.seal(LABEL, &place_of(ctx, &row), clear, ctx.rng());
    let hold = Hold { id, contact, items, reason: sealed, created_at: ctx.now(), lifted_at: None };
    store::insert_hold(tx, &hold)?;
    let details = json!({ "contact_id": contact, "items": items, "reason": reason.text().expose(Purpose::Seal) });
    let details = keys.seal_audit(ctx, details.to_string().as_bytes());
    Ok(tx.record(Leaf::of("hold.place").on(LegalHoldId::PREFIX, id.bytes()).with(details), hold))
}

/// Lets what a hold kept go on as it would without it.
pub(super) fn lift(tx: &mut Tx<'_>, id: LegalHoldId) -> Result<Recorded<Hold>, Failure> {
    store::take_turn(tx)?;
    let hold = store::hold(tx, id)?.ok_or_else(not_found)?;
    if hold.lifted_at.is_some() {
        return Err(Refusal::of(&HOLD_LIFTED).into());
    }
    store::lift(tx, id)?;
    let hold = Hold { lifted_at: Some(tx.ctx().now()), ..hold };
    Ok(tx.record(Leaf::of("hold.lift").on(LegalHoldId::PREFIX, id.bytes()), hold))
}

impl Storage {
    /// Why something is held, for whoever manages that.
    pub(super) async fn reason_of(&self, ctx: &Ctx, hold: &Hold) -> Result<String, StoreError> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let row = hold.id.bytes();
        let clear = keys.open(LABEL, &place_of(ctx, &row), &hold.reason)?;
        Ok(String::from_utf8_lossy(&clear).into_owned())
    }

    /// Holds before `before`, newest first.
    pub(super) async fn holds(&self, ctx: &Ctx, before: LegalHoldId, limit: u32) -> Result<Vec<Hold>, StoreError> {
        self.store.read(ctx, move |tx| store::holds(tx, before, limit)).await
    }
}

pub(super) fn place_of<'a>(ctx: &Ctx, row: &'a [u8; 16]) -> Place<'a> {
    Place {
        org: ctx.org.id.bytes(),
        environment: Some(ctx.org.environment),
        table: "legal_hold",
        column: "reason",
        row,
        owner: None,
    }
}
