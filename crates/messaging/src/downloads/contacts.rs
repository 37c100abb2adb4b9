//! The list of contacts as rows.

use sealpost_access::permissions::CONTACTS_READ;
use sealpost_govern::downloads::{Column, Exportable, Source, Stretch, parameters, row};
use sealpost_store::{ContactId, Ctx, StoreError, Time, Tx};
use sealpost_web::{BoxFuture, Failure, Fault, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{begins, behind, store};
use crate::contacts::{ContactView, Contacts};

const SOURCE: Source = Source {
    word: "contacts",
    title: "Contacts",
    needs: CONTACTS_READ,
    columns: &[
        Column::plain("id"),
        Column::personal("phone"),
        Column::personal("email"),
        Column::personal("external_id"),
        Column::personal("name"),
        Column::plain("locale"),
        Column::plain("created_at"),
        Column::plain("updated_at"),
    ],
};

/// Their list has no parameters but where it begins.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {}

/// Contacts.
pub(super) struct ContactRows(pub(super) Contacts);

impl Exportable for ContactRows {
    fn source(&self) -> &'static Source {
        &SOURCE
    }

    fn filter(&self, wanted: Value) -> Result<Value, Refusal> {
        parameters::<Filter>(wanted)
    }

    fn count<'a>(&'a self, ctx: &'a Ctx, _: &'a Value, until: Time) -> BoxFuture<'a, Result<u64, Failure>> {
        let before = ContactId::from_bytes(behind(until));
        Box::pin(
            async move { Ok(self.0.store().read::<_, StoreError>(ctx, move |tx| store::contacts(tx, before)).await?) },
        )
    }

    fn stretch<'a>(
        &'a self,
        ctx: &'a Ctx,
        _: &'a Value,
        until: Time,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Stretch, Failure>> {
        let before = ContactId::from_bytes(begins(until, after));
        Box::pin(async move {
            let found = self.0.list(ctx, Some(before), limit).await.map_err(Failure::from)?;
            let next = found.last().filter(|_| found.len() >= limit as usize).map(|last| last.id.bytes());
            let mut rows = Vec::with_capacity(found.len());
            for contact in found.iter().filter_map(|candidate| candidate.contact.as_ref()) {
                rows.push(row(serde_json::to_value(ContactView::of(ctx, contact)).map_err(Fault::new)?));
            }
            Ok(Stretch { rows, next })
        })
    }

    fn is_outlived(&self, tx: &mut Tx<'_>, since: Time) -> Result<bool, StoreError> {
        crate::erasures::any_since(tx, since)
    }
}
