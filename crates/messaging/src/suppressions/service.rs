//! What can be done with suppressions, inside a transaction.

use sealpost_seal::Purpose;
use sealpost_seal::normal::{Email, Phone};
use sealpost_store::{Environment, Leaf, OrgKeys, Recorded, StoreError, SuppressionId, Time, Tx};

use super::model::{Reason, Suppression, SuppressionRefusal};
use super::store;
use crate::channels::ChannelKind;
use crate::contacts::{Contact, Fields};

/// The label of the organisation's key under which addresses are hashed. Apart from the blind indexes: those change with the
/// month and die with the contact.
const LABEL: &str = "suppression";

/// How an address (in its index form) stands in the list: a keyed hash for this environment and channel.
pub fn value_of(keys: &OrgKeys, environment: Environment, channel: ChannelKind, normal: &str) -> [u8; 16] {
    // Neither name contains a NUL, so no two of these begin alike.
    let mac = keys.purpose(LABEL).mac(&[
        environment.as_str().as_bytes(),
        &[0],
        channel.as_str().as_bytes(),
        &[0],
        normal.as_bytes(),
    ]);
    let mut value = [0; 16];
    value.copy_from_slice(&mac[..16]);
    value
}

/// How everything a person can be written to at stands in the list.
pub(crate) fn of_contact(keys: &OrgKeys, environment: Environment, contact: &Contact) -> Vec<(ChannelKind, [u8; 16])> {
    let all = std::iter::once(&contact.fields).chain(contact.merged.iter().map(|merged| &merged.fields));
    all.flat_map(|fields| of_fields(keys, environment, fields)).collect()
}

fn of_fields(keys: &OrgKeys, environment: Environment, fields: &Fields) -> Vec<(ChannelKind, [u8; 16])> {
    let email = fields.email.as_ref().and_then(|text| Email::parse(text.expose(Purpose::Index)).ok());
    let phone = fields.phone.as_ref().and_then(|text| Phone::parse(text.expose(Purpose::Index)).ok());
    let normal = [
        (ChannelKind::Email, email.map(|email| email.index_form())),
        (ChannelKind::Sms, phone.map(|phone| phone.index_form())),
    ];
    let value = |channel, normal: &str| value_of(keys, environment, channel, normal);
    normal.into_iter().filter_map(|(channel, normal)| Some((channel, value(channel, &normal?)))).collect()
}

/// Whether nobody may write to this address.
pub fn is_suppressed(tx: &mut Tx<'_>, channel: ChannelKind, value: [u8; 16]) -> Result<bool, StoreError> {
    Ok(store::find(tx, channel, value)?.is_some())
}

/// The name of the guard that finds a suppression.
pub const GUARD: &str = "suppression";

/// The transaction fails with [`StoreError::Guarded`] by [`GUARD`] if nobody may write to this address.
pub fn guard(tx: &mut Tx<'_>, channel: ChannelKind, value: [u8; 16]) -> Result<(), StoreError> {
    store::guard(tx, channel, value)
}

/// The suppression of an address, if there is one.
pub fn check(tx: &mut Tx<'_>, channel: ChannelKind, value: [u8; 16]) -> Result<Option<Suppression>, StoreError> {
    store::find(tx, channel, value)
}

/// From now on nobody may write to this address. If that was so already, the first suppression stands; either way there is a leaf.
pub fn suppress(
    tx: &mut Tx<'_>,
    channel: ChannelKind,
    value: [u8; 16],
    reason: Reason,
) -> Result<Recorded<Suppression>, StoreError> {
    let ctx = tx.ctx();
    let new = Suppression { id: SuppressionId::new(&ctx.world), channel, reason, created_at: ctx.now() };
    let standing = if store::insert(tx, value, &new)? {
        new
    } else {
        // Whoever was to be forgotten some day is left alone for good again.
        store::keep_until(tx, channel, value, None)?;
        store::find(tx, channel, value)?.ok_or(StoreError::Missing("suppression"))?
    };
    let leaf = Leaf::of("suppression.create").on(SuppressionId::PREFIX, standing.id.bytes()).because(reason.as_str());
    Ok(tx.record(leaf, standing))
}

/// Lifting a suppression.
pub struct Lift(pub SuppressionId);

impl Lift {
    /// Lifts it.
    pub fn apply(self, tx: &mut Tx<'_>) -> Result<Recorded<()>, SuppressionRefusal> {
        if !store::delete(tx, self.0)? {
            return Err(SuppressionRefusal::NotFound);
        }
        Ok(tx.record(Leaf::of("suppression.delete").on(SuppressionId::PREFIX, self.0.bytes()), ()))
    }
}

/// Up to `limit` suppressions older than `before`, newest first.
pub fn list(tx: &mut Tx<'_>, before: Option<SuppressionId>, limit: u32) -> Result<Vec<Suppression>, StoreError> {
    store::before(tx, before.unwrap_or(SuppressionId::from_bytes([0xff; 16])), limit)
}

/// These addresses turned out to be one person's: what the person or the organisation wanted of one holds for all of its channel.
/// That one doesn't exist says nothing about the others. Answers how many more nobody may write to.
pub(crate) fn agree(tx: &mut Tx<'_>, addresses: &[(ChannelKind, [u8; 16])]) -> Result<u64, StoreError> {
    let mut more = 0;
    for channel in [ChannelKind::Email, ChannelKind::Sms] {
        let of = addresses.iter().filter(|(one, _)| *one == channel).map(|(_, value)| *value);
        let (mut wanted, mut free) = (None, Vec::new());
        for value in of {
            match store::find(tx, channel, value)? {
                Some(standing) if standing.reason != Reason::Bounced => wanted = wanted.or(Some(standing.reason)),
                Some(_) => {}
                None => free.push(value),
            }
        }
        let Some(reason) = wanted else { continue };
        for value in free {
            let _in_the_ledger = suppress(tx, channel, value, reason)?;
            more += 1;
        }
    }
    Ok(more)
}

/// Whose address it is was erased: if nobody may write to it, that ends then. Answers whether it was suppressed.
pub(crate) fn keep_until(
    tx: &mut Tx<'_>,
    channel: ChannelKind,
    value: [u8; 16],
    until: Time,
) -> Result<bool, StoreError> {
    store::keep_until(tx, channel, value, Some(until))
}

/// Removes suppressions of erased people whose time has come; answers how many.
pub(crate) fn expire(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    store::expire(tx)
}
