//! A person's key, and what it seals.

use std::sync::Arc;

use sealpost_seal::envelope::OpenError;
use sealpost_seal::{Key, KeyId, Personal, Place, Sealed};
use sealpost_store::{ContactId, Ctx, Org, SlotId, StoreError};

use super::model::Fields;

/// A contact and its subject key.
#[derive(Clone)]
pub struct Subject {
    /// The contact.
    pub id: ContactId,
    /// Where its key is.
    pub slot: SlotId,
    /// Its key.
    pub key: Arc<Key>,
}

const TABLE: &str = "contact";

impl Subject {
    /// What the subject key is called in front of what it sealed: the random half of its slot's id.
    pub fn key_id(&self) -> KeyId {
        let mut id = KeyId([0; 8]);
        id.0.copy_from_slice(&self.slot.bytes()[8..]);
        id
    }

    pub(super) fn seal(&self, ctx: &Ctx, column: &'static str, value: &Personal<String>) -> Sealed<String> {
        let row = self.id.bytes();
        Sealed::seal(&self.key, self.key_id(), &place(ctx.org, &row, column), value, ctx.rng())
    }

    pub(super) fn open(
        &self,
        org: Org,
        column: &'static str,
        value: &Sealed<String>,
    ) -> Result<Personal<String>, OpenError> {
        let row = self.id.bytes();
        value.open(&self.key, &place(org, &row, column))
    }

    pub(super) fn open_all(&self, org: Org, sealed: &Fields<Sealed<String>>) -> Result<Fields, StoreError> {
        let open = |column, value: &Option<Sealed<String>>| {
            value.as_ref().map(|value| self.open(org, column, value)).transpose().map_err(StoreError::from)
        };
        Ok(Fields {
            external_id: open("external_id", &sealed.external_id)?,
            name: open("name", &sealed.name)?,
            email: open("email", &sealed.email)?,
            phone: open("phone", &sealed.phone)?,
        })
    }
}

fn place<'a>(org: Org, row: &'a [u8; 16], column: &'static str) -> Place<'a> {
    Place { org: org.id.bytes(), environment: Some(org.environment), table: TABLE, column, row, owner: Some(*row) }
}
