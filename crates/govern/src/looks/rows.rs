//! Looks as rows of a file: what their list shows.

use sealpost_access::permissions::LEDGER_READ;
use sealpost_store::{Ctx, Store, Time};
use sealpost_web::{BoxFuture, Failure, Fault};
use serde_json::Value;

use super::past::{self, Wanted};
use crate::downloads::{Column, Leaves, Looked, Source, row};

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
pub(crate) struct LookRows;

impl Leaves for LookRows {
    const SOURCE: &'static Source = &SOURCE;
    type Parameters = Wanted;

    fn look<'a>(
        house: &'a Store,
        ctx: &'a Ctx,
        wanted: Wanted,
        until: Time,
        below: Option<u64>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Looked, Failure>> {
        Box::pin(async move {
            let found = past::looks(house, ctx, wanted, below, limit).await?;
            let mut rows = Vec::with_capacity(found.looks.len());
            for look in found.looks.iter().filter(|look| look.at < until) {
                let mut shown = row(serde_json::to_value(look).map_err(Fault::new)?);
                shown.insert("fields".into(), Value::String(look.fields.join(" ")));
                rows.push(shown);
            }
            Ok(Looked { rows, down_to: found.looked_down_to })
        })
    }
}
