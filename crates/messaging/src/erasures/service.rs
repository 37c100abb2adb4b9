//! Use cases of erasures.

use sealpost_govern::{downloads, erasure};
use sealpost_seal::Purpose;
use sealpost_store::failpoint::{self, Point};
use sealpost_store::{
    Change, ContactId, Ctx, EndpointId, Erased, ErasureId, Leaf, LedgerHead, NoticeId, Org, Recorded, SHREDDED, Store,
    StoreError, Time, Tx, outbox,
};
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::{Map, json};

use super::ground::{Asked, Finality, Ground};
use super::model::Erasure;
use super::{policy, store};
use crate::channels::ChannelKind;
use crate::contacts::{self, ContactRefusal, Contacts};
use crate::deliveries::{self, Notice, Occurrence};
use crate::endpoints::Endpoints;
use crate::messages::{self, Messages};
use crate::storage;
use crate::storage::codes::LEGAL_HOLD;
use crate::suppressions;
use crate::workflows;

/// What endpoints hear.
const KIND: &str = "contact.erased";
/// Messages emptied in one step.
const BLANKED: u32 = 200;

/// What erasures stand on.
pub struct ErasuresConfig {
    /// Where everything is kept.
    pub store: Store,
    /// The people.
    pub contacts: Contacts,
    /// What was written to them.
    pub messages: Messages,
    /// Who hears of it.
    pub endpoints: Endpoints,
}

/// The erasures of all organisations; cheap to clone.
#[derive(Clone)]
pub struct Erasures {
    pub(super) store: Store,
    contacts: Contacts,
    messages: Messages,
    endpoints: Endpoints,
}

/// An erasure ready for the transaction it begins in.
pub(super) struct Prepared {
    pub(super) id: ErasureId,
    pub(super) contact: ContactId,
    /// What the person's addresses are in the suppression list.
    addresses: Vec<(ChannelKind, [u8; 16])>,
    told: Option<(Occurrence, Vec<EndpointId>)>,
    details: Vec<u8>,
    ground: Option<Ground>,
    finality: Finality,
}

impl Erasures {
    /// On the features they build on.
    pub fn new(config: ErasuresConfig) -> Self {
        let ErasuresConfig { store, contacts, messages, endpoints } = config;
        Self { store, contacts, messages, endpoints }
    }

    /// The erasure of this id.
    pub async fn find(&self, ctx: &Ctx, id: ErasureId) -> Result<Erasure, Failure> {
        Ok(self.store.peek(ctx, move |tx| store::find(tx, id)).await?.ok_or_else(not_found)?)
    }

    /// Up to `limit` erasures before `before`, newest first.
    pub async fn list(&self, ctx: &Ctx, before: Option<ErasureId>, limit: u32) -> Result<Vec<Erasure>, StoreError> {
        let before = before.unwrap_or(ErasureId::from_bytes([0xff; 16]));
        self.store.read(ctx, move |tx| store::before(tx, before, limit)).await
    }

    /// How many erasures are done, and how many are under way.
    pub(crate) async fn standing(&self, ctx: &Ctx) -> Result<(u64, u64), StoreError> {
        self.store.read(ctx, store::standing).await
    }

    /// For how many days suppressions of people who are erased now are kept.
    pub(crate) async fn suppression_days(&self, ctx: &Ctx) -> Result<u32, StoreError> {
        Ok(self.store.peek(ctx, policy::standing).await?.suppression_days)
    }

    /// The contact to erase for this id: the one that stands for the person.
    pub(super) async fn expect(&self, ctx: &Ctx, contact: ContactId) -> Result<ContactId, Failure> {
        Ok(self.contacts.lead(ctx, contact).await?)
    }

    /// Makes an erasure ready; [`begin`] begins it, inside a transaction.
    pub(super) async fn prepare(&self, ctx: &Ctx, contact: ContactId, asked: &Asked) -> Result<Prepared, Failure> {
        let addresses = match self.contacts.find(ctx, contact).await {
            Ok(found) => {
                let keys = self.store.keys().organisation(ctx.org.id).await?;
                suppressions::of_contact(&keys, ctx.org.environment, &found)
            }
            // Their key is gone, and what they were called is still to go.
            Err(ContactRefusal::NotFound) => Vec::new(),
            Err(refusal) => return Err(refusal.into()),
        };
        let id = ErasureId::new(&ctx.world);
        let mut details = Map::from_iter([("erasure_id".to_owned(), json!(id))]);
        if let Some(note) = &asked.note {
            details.insert("reason".to_owned(), json!(note.text().expose(Purpose::Seal)));
        }
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let details = keys.seal_audit(ctx, json!(details).to_string().as_bytes());
        let endpoints = self.endpoints.hearing(ctx, KIND, &[]).await?;
        let told = match endpoints.is_empty() {
            true => None,
            false => Some((occurrence(ctx, id, contact)?, endpoints)),
        };
        let (ground, finality) = (asked.ground, asked.finality);
        Ok(Prepared { id, contact, addresses, told, details, ground, finality })
    }

    /// Erases a contact, at once.
    pub async fn erase(&self, ctx: &Ctx, contact: ContactId, asked: &Asked) -> Result<ErasureId, Failure> {
        let contact = self.expect(ctx, contact).await?;
        let prepared = self.prepare(ctx, contact, asked).await?;
        let id = self.store.write(ctx, move |tx| begin(tx, &prepared)).await?;
        self.complete(ctx.org, id).await?;
        Ok(id)
    }

    /// Does what is still to be done of an erasure. May be done at any time, and by several at once.
    pub async fn complete(&self, org: Org, id: ErasureId) -> Result<(), Failure> {
        let ctx = Ctx::system(org, self.store.world().clone());
        let erasure = self.find(&ctx, id).await?;
        let Erasure { contact, slot, begun_at, leaf_from, done_at, .. } = erasure;
        let mut everybody =
            self.store.read::<_, StoreError>(&ctx, move |tx| contacts::merged_into(tx, contact)).await?;
        everybody.push((contact, slot));
        for (contact, slot) in everybody.iter().copied() {
            workflows::withdraw_all(&self.store, &ctx, contact).await?;
            self.messages.withdraw_all(&ctx, contact, move |tx| store::taken_back(tx, id)).await?;
            self.store.keys().erase(org, Erased { contact, erasure: id, slot, at: begun_at }).await?;
        }
        failpoint::pass(Point::Shredded);
        for (contact, slot) in everybody.iter().copied() {
            self.tell_shredded(&ctx, slot).await?;
            self.blank(&ctx, id, contact).await?;
        }
        // What was written of them into files of many rows goes with them.
        downloads::outlive(&self.store, &ctx, begun_at).await?;
        if erasure.is_immediate() {
            self.store.keys().end_copies(begun_at).await?;
        }
        if done_at.is_none() {
            self.finish(&ctx, id, contact, leaf_from).await?;
        }
        // Again: a node may have read the key while it was being destroyed.
        for (_, slot) in everybody {
            self.tell_shredded(&ctx, slot).await?;
        }
        Ok(self.store.leave_nothing_deleted().await?)
    }

    async fn tell_shredded(&self, ctx: &Ctx, slot: sealpost_store::SlotId) -> Result<(), StoreError> {
        let told = move |tx: &mut Tx<'_>| {
            tx.publish(Change::new(SHREDDED, tx.ctx().org, slot.bytes()));
            Ok(())
        };
        self.store.maintain(ctx, told).await
    }

    /// Whether anything sealed is left of the messages to this contact.
    pub(super) async fn has_left_overs(&self, ctx: &Ctx, contact: ContactId) -> Result<bool, StoreError> {
        self.store
            .read(ctx, move |tx| {
                let merged = contacts::merged_into(tx, contact)?.into_iter().map(|(id, _)| id);
                for id in merged.chain([contact]) {
                    if !messages::left_of(tx, id, 1)?.is_empty() || !workflows::sealed_of(tx, id, 1)?.is_empty() {
                        return Ok(true);
                    }
                }
                Ok(false)
            })
            .await
    }

    async fn blank(&self, ctx: &Ctx, id: ErasureId, contact: ContactId) -> Result<(), StoreError> {
        self.blank_runs(ctx, contact).await?;
        loop {
            let left = self.store.read::<_, StoreError>(ctx, move |tx| messages::left_of(tx, contact, BLANKED)).await?;
            if left.is_empty() {
                return Ok(());
            }
            let (ids, slots): (Vec<_>, Vec<_>) = left.into_iter().unzip();
            self.store.keys().shred(ctx.org.id, slots).await?;
            self.store
                .maintain::<_, StoreError>(ctx, move |tx| {
                    let (blanked, sandboxed) = messages::blank(tx, &ids)?;
                    store::blanked(tx, id, blanked, sandboxed)
                })
                .await?;
        }
    }

    async fn blank_runs(&self, ctx: &Ctx, contact: ContactId) -> Result<(), StoreError> {
        loop {
            let left =
                self.store.read::<_, StoreError>(ctx, move |tx| workflows::sealed_of(tx, contact, BLANKED)).await?;
            if left.is_empty() {
                return Ok(());
            }
            let (ids, slots): (Vec<_>, Vec<_>) = left.into_iter().unzip();
            self.store.keys().shred(ctx.org.id, slots).await?;
            self.store.maintain::<_, StoreError>(ctx, move |tx| workflows::blank(tx, &ids)).await?;
        }
    }

    async fn finish(&self, ctx: &Ctx, id: ErasureId, contact: ContactId, from: u64) -> Result<(), StoreError> {
        let leaf = erasure::leaf(&self.store, ctx, contact, from).await?.ok_or(StoreError::Missing("ledger_leaf"))?;
        let done = self.store.write(ctx, move |tx| {
            store::finish(tx, id, leaf)?;
            Ok(tx.record(Leaf::of("erasure.complete").on(ErasureId::PREFIX, id.bytes()), ()))
        });
        outbox::ours(done.await).map(drop)
    }
}

/// Begins an erasure: from the end of this transaction on nobody finds the person.
pub(super) fn begin(tx: &mut Tx<'_>, prepared: &Prepared) -> Result<Recorded<ErasureId>, Failure> {
    let Prepared { id, contact, .. } = *prepared;
    for one in contacts::one_person(tx, contact)? {
        if storage::holds_person(tx, one)? {
            return Err(Refusal::of(&LEGAL_HOLD).into());
        }
    }
    wipe(tx, prepared, false)?.ok_or_else(not_found)?;
    if let Some((occurrence, endpoints)) = &prepared.told {
        deliveries::promise(tx, occurrence, endpoints)?;
    }
    let leaf = Leaf::of(erasure::ACTION).on(ContactId::PREFIX, contact.bytes()).with(prepared.details.clone());
    let leaf = match prepared.ground {
        Some(ground) => leaf.because(ground.code()),
        None => leaf,
    };
    Ok(tx.record(leaf, id))
}

/// Begins an erasure anew, on data restored from before it; false if there is nothing to erase.
pub(super) fn begin_again(tx: &mut Tx<'_>, erased: Erased) -> Result<Recorded<()>, StoreError> {
    let Erased { contact, erasure, .. } = erased;
    // Data from before a merge has two people of one erasure.
    let erasure = match store::find(tx, erasure)? {
        Some(_) => ErasureId::new(&tx.ctx().world),
        None => erasure,
    };
    let again = Prepared {
        id: erasure,
        contact,
        addresses: Vec::new(),
        told: None,
        details: Vec::new(),
        ground: None,
        finality: Finality::default(),
    };
    wipe(tx, &again, true)?.ok_or(StoreError::Superseded)?;
    let leaf = Leaf::of(erasure::ACTION).on(ContactId::PREFIX, contact.bytes()).because("restored");
    Ok(tx.record(leaf, ()))
}

fn wipe(tx: &mut Tx<'_>, prepared: &Prepared, reapplied: bool) -> Result<Option<()>, StoreError> {
    let contact = prepared.contact;
    let Some(wiped) = contacts::wipe(tx, contact)? else { return Ok(None) };
    let now = tx.ctx().now();
    let until = policy::standing(tx)?.until(now);
    let mut suppressions = 0;
    for (channel, value) in &prepared.addresses {
        suppressions += u64::from(suppressions::keep_until(tx, *channel, *value, until)?);
    }
    let row = Erasure {
        id: prepared.id,
        contact,
        slot: wiped.slot,
        begun_at: now,
        done_at: None,
        leaf_from: ledger_size(tx)?,
        leaf: None,
        fields: wiped.fields,
        indexes: wiped.indexes,
        merged: wiped.merged,
        cancelled: 0,
        messages: 0,
        sandboxed: 0,
        suppressions,
        kept_until: (suppressions > 0).then_some(until),
        reapplied,
        ground: prepared.ground,
        final_at: Some(prepared.finality.at(now)),
    };
    store::insert(tx, &row)?;
    Ok(Some(()))
}

fn ledger_size(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    Ok(LedgerHead::of(tx)?.map_or(0, |head| head.frontier.size()))
}

fn occurrence(ctx: &Ctx, erasure: ErasureId, contact: ContactId) -> Result<Occurrence, Failure> {
    let id = NoticeId::new(&ctx.world);
    let now: Time = ctx.now();
    let data = json!({ "contact_id": contact, "erasure_id": erasure });
    let notice = Notice { id, kind: KIND, timestamp: now.to_string(), environment: ctx.org.environment, data };
    Ok(Occurrence { id, kind: KIND.into(), message: None, body: notice.to_bytes()? })
}
