//! Looks as rows of a file: what their list shows.

use sealpost_access::permissions::LEDGER_READ;
use sealpost_store::{Ctx, Store, StoreError, Time, Tx};
use sealpost_web::{BoxFuture, Failure, Fault, Refusal};
use serde_json::{Map, Value};

use super::past::{self, Wanted};
use crate::downloads::{Column, Exportable, Source, Stretch, place_of, seq_of, without_nothing};
use crate::security::typed;

/// Of a look only its reason was written by people.
const SOURCE: Source = Source {
    word: "looks",
    title: "Looks",
    needs: LEDGER_READ,
    columns: &[
        Column::plain("at"),
        Column::plain("seq"),
        Column::plain("environment"),
        Column::plain("actor_kind"),
        Column::plain("actor"),
        Column::plain("action"),
        Column::plain("object"),
        Column::plain("fields"),
        Column::plain("result"),
        Column::plain("denied_for"),
        Column::plain("burst"),
        Column::personal("why"),
        Column::plain("request_id"),
    ],
};

/// Who looked at what.
pub(crate) struct LookRows(pub(crate) Store);

impl Exportable for LookRows {
    fn source(&self) -> &'static Source {
        &SOURCE
    }

    fn shows_beforehand(&self) -> bool {
        false
    }

    fn filter(&self, wanted: Value) -> Result<Value, Refusal> {
        let wanted: Wanted = typed(wanted)?;
        Ok(without_nothing(serde_json::to_value(wanted).unwrap_or_default()))
    }

    /// There is no index of looks: as many leaves as there are is the most there can be.
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
            let wanted: Wanted = serde_json::from_value(filter.clone()).map_err(Fault::new)?;
            let found = past::looks(&self.0, ctx, wanted, after.map(seq_of), limit).await?;
            let mut rows = Vec::with_capacity(found.looks.len());
            for look in found.looks.iter().filter(|look| look.at < until) {
                match serde_json::to_value(look).map_err(Fault::new)? {
                    Value::Object(mut row) => {
                        row.insert("fields".into(), Value::String(look.fields.join(" ")));
                        rows.push(row);
                    }
                    _ => rows.push(Map::new()),
                }
            }
            let next = (found.looked_down_to > 0).then(|| place_of(found.looked_down_to));
            Ok(Stretch { rows, next })
        })
    }

    /// A look names its object by id alone; what it says of why is its reader's to see as long as it is in the ledger.
    fn is_outlived(&self, _: &mut Tx<'_>, _: Time) -> Result<bool, StoreError> {
        Ok(false)
    }
}
