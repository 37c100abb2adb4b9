//! The ledger as a source of rows: what was done, as its list shows it. Its proof is another file (`GET /v1/ledger/export`).

use std::marker::PhantomData;

use sealpost_access::permissions::LEDGER_READ;
use sealpost_store::{Ctx, Store, StoreError, Time, Tx};
use sealpost_web::{BoxFuture, Failure, Fault, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::source::{Column, Exportable, Source, Stretch, parameters, parameters_of, row};
use crate::audit::{self, Filter};

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

/// What stands in the ledger, as rows: leaves of all kinds, or of one.
pub(crate) trait Leaves: Send + Sync + 'static {
    /// What it says about itself.
    const SOURCE: &'static Source;
    /// What its list is asked with.
    type Parameters: Serialize + DeserializeOwned + Send;

    /// About so many from before `until` and below a position, newest first.
    fn look<'a>(
        house: &'a Store,
        ctx: &'a Ctx,
        wanted: Self::Parameters,
        until: Time,
        below: Option<u64>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Looked, Failure>>;
}

/// What was found, and the position down to which was looked.
pub(crate) struct Looked {
    pub(crate) rows: Vec<Map<String, Value>>,
    pub(crate) down_to: u64,
}

/// A source of them.
pub(crate) struct LedgerRows<L>(Store, PhantomData<L>);

impl<L> LedgerRows<L> {
    pub(super) const fn new(house: Store) -> Self {
        Self(house, PhantomData)
    }
}

impl<L: Leaves> Exportable for LedgerRows<L> {
    fn source(&self) -> &'static Source {
        L::SOURCE
    }

    fn shows_beforehand(&self) -> bool {
        false
    }

    fn filter(&self, wanted: Value) -> Result<Value, Refusal> {
        parameters::<L::Parameters>(wanted)
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
            let wanted = parameters_of(filter)?;
            let found = L::look(&self.0, ctx, wanted, until, after.map(seq_of), limit).await?;
            Ok(Stretch { rows: found.rows, next: (found.down_to > 0).then(|| place_of(found.down_to)) })
        })
    }

    /// The ledger names nobody who is written to: ids alone, and what people wrote is its reader's to see as long as it is there.
    fn is_outlived(&self, _: &mut Tx<'_>, _: Time) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// Leaves of all kinds.
pub(super) struct Everything;

impl Leaves for Everything {
    const SOURCE: &'static Source = &SOURCE;
    type Parameters = Filter;

    fn look<'a>(
        house: &'a Store,
        ctx: &'a Ctx,
        mut wanted: Filter,
        until: Time,
        below: Option<u64>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Looked, Failure>> {
        wanted.to = Some(wanted.to.map_or(until, |to| to.min(until)));
        Box::pin(async move {
            let scan = audit::entries(house, ctx, wanted, below, limit).await?;
            let rows = scan.entries.iter().map(|entry| serde_json::to_value(entry).map(row));
            Ok(Looked { rows: rows.collect::<Result<_, _>>().map_err(Fault::new)?, down_to: scan.looked_down_to })
        })
    }
}

/// A position of the ledger as where a stretch ended.
fn place_of(seq: u64) -> [u8; 16] {
    u128::from(seq).to_be_bytes()
}

/// The position of the ledger where a stretch ended.
fn seq_of(place: [u8; 16]) -> u64 {
    u64::try_from(u128::from_be_bytes(place)).unwrap_or(u64::MAX)
}
