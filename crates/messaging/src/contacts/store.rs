//! Every query on contacts and their indexes.

use std::collections::BTreeSet;

use sealpost_seal::Sealed;
use sealpost_store::{ContactId, Epoch, Org, Row, SlotId, Sql, StoreError, Time, Tx, sql};

use super::alike::store as alike;
use super::indexes::{Bucket, Index, Value};
use super::model::{Contact, Fields, Identifier};
use super::subject::Subject;

/// A contact as it is stored.
pub(super) struct ContactRow {
    pub(super) id: ContactId,
    pub(super) slot: SlotId,
    pub(super) fields: Fields<Sealed<String>>,
    pub(super) locale: Option<String>,
    pub(super) created_at: Time,
    pub(super) updated_at: Time,
    /// Since when it leads to another contact, if it does.
    pub(super) merged_at: Option<Time>,
}

impl ContactRow {
    /// The contact, opened under its subject's key. Where its values stand is taken from `subject`, not from the row.
    pub(super) fn open(&self, subject: &Subject, org: Org) -> Result<Contact, StoreError> {
        Ok(Contact {
            id: self.id,
            slot: self.slot,
            fields: subject.open_all(org, &self.fields)?,
            locale: self.locale.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            merged: Vec::new(),
        })
    }
}

// Primary key (org, env, kind, epoch, value).
const BY_INDEX: Sql = sql!(
    "select contact from contact_index where org = $1 and env = $2 and kind = $3 \
     and ((epoch = $4 and value = $5) or (epoch = $6 and value = $7))"
);
const SLOT: Sql = sql!("select slot from contact where org = $1 and env = $2 and id = $3 and erased_at is null");
const ONE: Sql = sql!(
    "select id, slot, external_id, name, email, phone, locale, created_at, updated_at, merged_at from contact \
     where org = $1 and env = $2 and id = $3 and erased_at is null"
);
const ONE_TO_CHANGE: Sql = sql!(
    sqlite: "select id, slot, external_id, name, email, phone, locale, created_at, updated_at, merged_at from contact \
             where org = $1 and env = $2 and id = $3 and erased_at is null",
    postgres: "select id, slot, external_id, name, email, phone, locale, created_at, updated_at, merged_at from contact \
               where org = $1 and env = $2 and id = $3 and erased_at is null for update"
);
const BEFORE: Sql = sql!(
    "select id, slot, external_id, name, email, phone, locale, created_at, updated_at, merged_at from contact \
     where org = $1 and env = $2 and id < $3 and erased_at is null and merged_into is null order by id desc limit $4"
);
const INSERT: Sql = sql!(
    "insert into contact (org, env, id, slot, external_id, name, email, phone, locale, created_at, updated_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)"
);
const UPDATE: Sql = sql!(
    "update contact set external_id = $4, name = $5, email = $6, phone = $7, locale = $8, updated_at = $9 \
     where org = $1 and env = $2 and id = $3"
);
const CLAIM: Sql = sql!(
    "insert into contact_index (org, env, kind, epoch, value, contact) values ($1, $2, $3, $4, $5, $6) on conflict do nothing"
);
// Index contact_index_contact (contact, org, env).
const RELEASE: Sql = sql!("delete from contact_index where org = $1 and env = $2 and contact = $3 and kind = $4");
const RELEASE_BEFORE: Sql =
    sql!("delete from contact_index where org = $1 and env = $2 and contact = $3 and epoch < $4");
// Primary key (org, env, kind, epoch, value).
const OUTDATED: Sql = sql!(
    "select distinct contact from contact_index where org = $1 and env = $2 and kind = $3 and epoch < $4 limit $5"
);
// Primary key (org, env, kind, epoch, value).
const ANY_UNDER: Sql =
    sql!("select contact from contact_index where org = $1 and env = $2 and kind = $3 and epoch = $4 limit 1");
const HELD: Sql =
    sql!("select contact from contact_index where org = $1 and env = $2 and kind = $3 and epoch = $4 and value = $5");
// Primary key (org, env, epoch, bucket, contact).
const IN_BUCKET: Sql = sql!(
    "select id, slot, external_id, name, email, phone, locale, created_at, updated_at, merged_at from contact \
     where org = $1 and env = $2 and id in (select contact from contact_last4 where org = $1 and env = $2 \
     and epoch = $3 and bucket = $4 and contact < $5 order by contact desc limit $6) order by id desc"
);
const ENTER_BUCKET: Sql = sql!(
    "insert into contact_last4 (org, env, epoch, bucket, contact) values ($1, $2, $3, $4, $5) on conflict do nothing"
);
// Index contact_last4_contact (contact, org, env).
const LEAVE_BUCKETS: Sql = sql!("delete from contact_last4 where org = $1 and env = $2 and contact = $3");
const LEAVE_BUCKETS_BEFORE: Sql =
    sql!("delete from contact_last4 where org = $1 and env = $2 and contact = $3 and epoch < $4");
// Primary key (org, env, epoch, bucket, contact).
const OUTDATED_IN_BUCKETS: Sql =
    sql!("select distinct contact from contact_last4 where org = $1 and env = $2 and epoch < $3 limit $4");
const ANY_IN_BUCKETS: Sql =
    sql!("select contact from contact_last4 where org = $1 and env = $2 and epoch = $3 limit 1");
const ERASED: Sql = sql!("select id from contact where org = $1 and env = $2 and id = $3 and erased_at is not null");
const WIPE: Sql = sql!(
    "update contact set external_id = null, name = null, email = null, phone = null, locale = null, updated_at = $4, erased_at = $4 \
     where org = $1 and env = $2 and id = $3 and erased_at is null"
);
// Index contact_index_contact (contact, org, env).
const RELEASE_ALL: Sql = sql!("delete from contact_index where org = $1 and env = $2 and contact = $3");

/// This contact may not have been erased.
pub(super) fn guard(tx: &mut Tx<'_>, id: ContactId) -> Result<(), StoreError> {
    tx.guard(ERASED, &[&id], super::ERASED)
}

/// Whether this contact was erased.
pub(super) fn is_erased(tx: &mut Tx<'_>, id: ContactId) -> Result<bool, StoreError> {
    Ok(tx.optional(ERASED, &[&id], |row| row.get::<ContactId>("id"))?.is_some())
}

/// Leaves of a contact its id; answers how many rows it was found by.
pub(super) fn wipe(tx: &mut Tx<'_>, id: ContactId) -> Result<u64, StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(WIPE, &[&id, &now])?;
    alike::part(tx, id)?;
    Ok(tx.execute(RELEASE_ALL, &[&id])? + tx.execute(LEAVE_BUCKETS, &[&id])? + alike::forget(tx, id)?)
}

/// Who has this index value.
pub(super) fn holder(tx: &mut Tx<'_>, index: &Index) -> Result<Option<ContactId>, StoreError> {
    let (kind, current) = (index.identifier.as_str(), index.current);
    let previous = index.before.first().unwrap_or(&current);
    let (epoch, earlier) = (current.epoch.number(), previous.epoch.number());
    let found =
        tx.optional(BY_INDEX, &[&kind, &epoch, &current.bytes, &earlier, &previous.bytes], |row| row.get("contact"))?;
    match found {
        None => earlier_holder(tx, index.before.get(1..).unwrap_or_default(), index.identifier),
        found => Ok(found),
    }
}

/// Who has this index value under one of these epochs.
pub(super) fn earlier_holder(
    tx: &mut Tx<'_>,
    earlier: &[Value],
    identifier: Identifier,
) -> Result<Option<ContactId>, StoreError> {
    for value in earlier {
        let found =
            tx.optional(HELD, &[&identifier.as_str(), &value.epoch.number(), &value.bytes], |row| row.get("contact"))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Where this contact's key is.
pub(super) fn slot(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<SlotId>, StoreError> {
    tx.optional(SLOT, &[&id], |row| row.get("slot"))
}

/// The contact.
pub(super) fn find(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<ContactRow>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// The contact, which nobody else changes before this transaction ends: its indexes have to be those of its fields.
pub(super) fn find_to_change(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<ContactRow>, StoreError> {
    tx.optional(ONE_TO_CHANGE, &[&id], read)
}

/// Contacts older than `before`, newest first.
pub(super) fn before(tx: &mut Tx<'_>, before: ContactId, limit: u32) -> Result<Vec<ContactRow>, StoreError> {
    tx.all(BEFORE, &[&before, &limit], read)
}

/// A new contact; its indexes are claimed before.
pub(super) fn insert(tx: &mut Tx<'_>, contact: &ContactRow) -> Result<(), StoreError> {
    let ContactRow { id, slot, fields, locale, created_at, .. } = contact;
    let [external_id, name, email, phone] = columns(fields);
    tx.put(INSERT, &[id, slot, &external_id, &name, &email, &phone, locale, created_at])
}

/// What is known about a contact, anew; answers whether it is there.
pub(super) fn update(tx: &mut Tx<'_>, contact: &ContactRow) -> Result<bool, StoreError> {
    let ContactRow { id, fields, locale, updated_at, .. } = contact;
    let [external_id, name, email, phone] = columns(fields);
    Ok(tx.execute(UPDATE, &[id, &external_id, &name, &email, &phone, locale, updated_at])? == 1)
}

/// Makes `contact` the holder of an index value under the current epoch; false if somebody has it.
pub(super) fn claim(tx: &mut Tx<'_>, index: &Index, contact: ContactId) -> Result<bool, StoreError> {
    let kind = index.identifier.as_str();
    let Value { epoch, bytes } = index.current;
    Ok(tx.execute(CLAIM, &[&kind, &epoch.number(), &bytes, &contact])? == 1)
}

/// The contact is no longer found by this identifier.
pub(super) fn release(tx: &mut Tx<'_>, contact: ContactId, identifier: Identifier) -> Result<(), StoreError> {
    tx.put(RELEASE, &[&contact, &identifier.as_str()])
}

/// Puts the contact into a bucket, under the current epoch.
pub(super) fn enter(tx: &mut Tx<'_>, bucket: &Bucket, contact: ContactId) -> Result<(), StoreError> {
    let Value { epoch, bytes } = bucket.current;
    tx.put(ENTER_BUCKET, &[&epoch.number(), &bytes, &contact])
}

/// The contact is in no bucket any more.
pub(super) fn leave(tx: &mut Tx<'_>, contact: ContactId) -> Result<(), StoreError> {
    tx.put(LEAVE_BUCKETS, &[&contact])
}

/// Up to `limit` contacts in a bucket that are older than `before`, newest first.
pub(super) fn in_bucket(
    tx: &mut Tx<'_>,
    bucket: &Bucket,
    before: ContactId,
    limit: u32,
) -> Result<Vec<ContactRow>, StoreError> {
    let mut found = Vec::new();
    // Oldest epoch first: a contact that is moved meanwhile is seen where it was, or where it is.
    for Value { epoch, bytes } in bucket.before.iter().rev().chain([&bucket.current]) {
        found.extend(tx.all(IN_BUCKET, &[&epoch.number(), bytes, &before, &limit], read)?);
    }
    found.sort_by_key(|row| std::cmp::Reverse(row.id));
    found.dedup_by_key(|row| row.id);
    found.truncate(limit as usize);
    Ok(found)
}

/// The contact is no longer found under epochs before `epoch`.
pub(super) fn release_before(tx: &mut Tx<'_>, contact: ContactId, epoch: Epoch) -> Result<(), StoreError> {
    tx.put(RELEASE_BEFORE, &[&contact, &epoch.number()])?;
    tx.put(LEAVE_BUCKETS_BEFORE, &[&contact, &epoch.number()])?;
    alike::leave_before(tx, contact, epoch)
}

/// Contacts that stand under an epoch before `epoch`: of each kind of index, up to `limit`.
pub(super) fn outdated(tx: &mut Tx<'_>, epoch: Epoch, limit: u32) -> Result<BTreeSet<ContactId>, StoreError> {
    let mut found = BTreeSet::new();
    for identifier in Identifier::ALL {
        found.extend(tx.all(OUTDATED, &[&identifier.as_str(), &epoch.number(), &limit], contact)?);
    }
    found.extend(tx.all(OUTDATED_IN_BUCKETS, &[&epoch.number(), &limit], contact)?);
    found.append(&mut alike::outdated(tx, epoch, limit)?);
    Ok(found)
}

/// Whether anybody is found under this epoch, by whatever, in this environment.
pub(super) fn is_in_use(tx: &mut Tx<'_>, epoch: Epoch) -> Result<bool, StoreError> {
    for identifier in Identifier::ALL {
        if tx.optional(ANY_UNDER, &[&identifier.as_str(), &epoch.number()], contact)?.is_some() {
            return Ok(true);
        }
    }
    Ok(tx.optional(ANY_IN_BUCKETS, &[&epoch.number()], contact)?.is_some() || alike::is_in_use(tx, epoch)?)
}

fn contact(row: &Row<'_>) -> Result<ContactId, StoreError> {
    row.get("contact")
}

fn columns(fields: &Fields<Sealed<String>>) -> [Option<&[u8]>; 4] {
    [&fields.external_id, &fields.name, &fields.email, &fields.phone].map(|field| field.as_ref().map(Sealed::as_bytes))
}

fn read(row: &Row<'_>) -> Result<ContactRow, StoreError> {
    let sealed = |column| Ok::<_, StoreError>(row.get::<Option<Vec<u8>>>(column)?.map(Sealed::from_bytes));
    Ok(ContactRow {
        id: row.get("id")?,
        slot: row.get("slot")?,
        fields: Fields {
            external_id: sealed("external_id")?,
            name: sealed("name")?,
            email: sealed("email")?,
            phone: sealed("phone")?,
        },
        locale: row.get("locale")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        merged_at: row.get("merged_at")?,
    })
}
