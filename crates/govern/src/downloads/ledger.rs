//! The ledger as a source of rows: what was done, as its list shows it. Its proof is another file (`GET /v1/ledger/export`).

use sealpost_access::permissions::LEDGER_READ;
use sealpost_store::{Ctx, Store, StoreError, Time, Tx};
use sealpost_web::{BoxFuture, Failure, Fault, Refusal};
use serde_json::{Map, Value};

use super::source::{Column, Exportable, Source, Stretch};
use crate::audit::{self, Filter};
use crate::security::typed;

/// Of the ledger only reasons and other details were written by people.
const SOURCE: Source = Source {
    word: "audit",
    title: "Audit ledger",
    needs: LEDGER_READ,
    columns: &[
        Column::plain("seq"),
        Column::plain("at"),
        Column::plain("actor_kind"),
        Column::plain("actor"),
        Column::plain("action"),
        Column::plain("target"),
        Column::plain("result"),
        Column::plain("reason"),
        Column::plain("request_id"),
        Column::plain("environment"),
        Column::plain("leaf_hash"),
        Column::plain("damaged"),
        Column::plain("pruned"),
        Column::personal("details"),
    ],
};

/// The ledger.
pub(super) struct LedgerRows(pub(super) Store);

impl Exportable for LedgerRows {
    fn source(&self) -> &'static Source {
        &SOURCE
    }

    fn shows_beforehand(&self) -> bool {
        false
    }

    fn filter(&self, wanted: Value) -> Result<Value, Refusal> {
        let filter: Filter = typed(wanted)?;
        Ok(without_nothing(serde_json::to_value(filter).unwrap_or_default()))
    }

    /// A ledger has no index of what was done: all of it is the most there can be.
    fn count<'a>(&'a self, ctx: &'a Ctx, _: &'a Value, _: Time) -> BoxFuture<'a, Result<u64, Failure>> {
        Box::pin(async move { Ok(self.0.ledger_head(ctx).await?.map_or(0, |(head, _)| head.frontier.size())) })
    }

    fn stretch<'a>(
        &'a self,
        ctx: &'a Ctx,
        filter: &'a Value,
        until: Time,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Stretch, Failure>> {
        Box::pin(async move {
            let mut filter: Filter = serde_json::from_value(filter.clone()).map_err(Fault::new)?;
            filter.to = Some(filter.to.map_or(until, |to| to.min(until)));
            let scan = audit::entries(&self.0, ctx, filter, after.map(seq_of), limit).await?;
            let mut rows = Vec::with_capacity(scan.entries.len());
            for entry in &scan.entries {
                match serde_json::to_value(entry).map_err(Fault::new)? {
                    Value::Object(row) => rows.push(row),
                    _ => rows.push(Map::new()),
                }
            }
            let next = (scan.looked_down_to > 0).then(|| place_of(scan.looked_down_to));
            Ok(Stretch { rows, next })
        })
    }

    /// The ledger names nobody who is written to.
    fn is_outlived(&self, _: &mut Tx<'_>, _: Time) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// A position of the ledger as where a stretch ended.
pub(crate) fn place_of(seq: u64) -> [u8; 16] {
    u128::from(seq).to_be_bytes()
}

/// The position of the ledger where a stretch ended.
pub(crate) fn seq_of(place: [u8; 16]) -> u64 {
    u64::try_from(u128::from_be_bytes(place)).unwrap_or(u64::MAX)
}

/// What is not asked for is not in a filter.
pub(crate) fn without_nothing(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}
