//! A member's key, and what it seals; the blind index by which they are found.

use std::sync::Arc;

use sealpost_seal::normal::Email;
use sealpost_seal::{Key, KeyId, Personal, Place, Sealed};
use sealpost_store::{Ctx, Environment, Epoch, Epochs, LivingEpoch, MemberId, OrgId, Slot, SlotId, StoreError};

use super::model::MemberRow;

/// A member and the key that seals what is known about them.
#[derive(Clone)]
pub(crate) struct Subject {
    id: MemberId,
    slot: SlotId,
    key: Arc<Key>,
}

const TABLE: &str = "member";
/// The kind of the blind index. Members belong to both environments; the key is derived for one of them.
const INDEX: &str = "member-email";

impl Subject {
    pub(crate) fn new(id: MemberId, slot: Slot) -> Self {
        Self { id, slot: slot.id, key: slot.key }
    }

    pub(crate) fn slot(&self) -> SlotId {
        self.slot
    }

    /// What the key is called in front of what it sealed: the random half of its slot's id.
    fn key_id(&self) -> KeyId {
        let mut id = KeyId([0; 8]);
        id.0.copy_from_slice(&self.slot.bytes()[8..]);
        id
    }

    pub(super) fn seal(&self, ctx: &Ctx, column: &'static str, value: &Personal<String>) -> Sealed<String> {
        self.seal_in(ctx, (TABLE, column), value)
    }

    /// The same for what another feature keeps about the member, in a row of theirs.
    pub(crate) fn seal_in(
        &self,
        ctx: &Ctx,
        (table, column): (&'static str, &'static str),
        value: &Personal<String>,
    ) -> Sealed<String> {
        let row = self.id.bytes();
        Sealed::seal(&self.key, self.key_id(), &place(ctx.org.id, &row, table, column), value, ctx.rng())
    }

    pub(super) fn open(
        &self,
        org: OrgId,
        column: &'static str,
        value: Option<&Sealed<String>>,
    ) -> Result<Option<Personal<String>>, StoreError> {
        self.open_in(org, (TABLE, column), value)
    }

    /// What [`Self::seal_in`] sealed.
    pub(crate) fn open_in(
        &self,
        org: OrgId,
        (table, column): (&'static str, &'static str),
        value: Option<&Sealed<String>>,
    ) -> Result<Option<Personal<String>>, StoreError> {
        let row = self.id.bytes();
        let open = |value: &Sealed<String>| value.open(&self.key, &place(org, &row, table, column));
        Ok(value.map(open).transpose()?)
    }

    /// The member's e-mail address and name.
    pub(crate) fn known(&self, org: OrgId, member: &MemberRow) -> Result<[Option<Personal<String>>; 2], StoreError> {
        Ok([self.open(org, "email", member.email.as_ref())?, self.open(org, "name", member.name.as_ref())?])
    }
}

fn place<'a>(org: OrgId, row: &'a [u8; 16], table: &'static str, column: &'static str) -> Place<'a> {
    Place { org: org.bytes(), environment: None, table, column, row, owner: Some(*row) }
}

/// An e-mail address's index under the epochs that live.
#[derive(Clone)]
pub(crate) struct EmailIndex {
    /// Under the current epoch, as it is written.
    pub(super) current: Value,
    /// Under those before, where it may still stand: none, but in the days after the turn of a month.
    pub(super) before: Vec<Value>,
}

/// An index value and the epoch it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Value {
    pub(super) epoch: Epoch,
    pub(super) bytes: [u8; 16],
}

impl EmailIndex {
    pub(crate) fn of(epochs: &Epochs, email: &Email) -> Self {
        let normal = email.index_form();
        let value = |living: &LivingEpoch| Value {
            epoch: living.epoch,
            bytes: living.index(Environment::Live, INDEX).of(&normal),
        };
        Self { current: value(&epochs.current), before: epochs.before.iter().map(value).collect() }
    }
}
