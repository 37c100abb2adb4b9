//! `POST /app/{env}/looks/export`

use schemars::JsonSchema;
use sealpost_access::permissions::LEDGER_READ;
use sealpost_store::{Leaf, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::Deserialize;
use serde_json::json;

use crate::audit::TypedId;
use crate::downloads;
use crate::downloads::codes::DOWNLOAD_QUOTA_EXHAUSTED;
use crate::looks::api::Api;
use crate::looks::csv;
use crate::looks::past::{self, Day, Wanted};

const TABLE: &str = "text/csv; charset=utf-8";
/// Looks in one file at most: whoever needs more asks by days.
const MOST: usize = 10_000;
/// Looks read at once.
const AT_ONCE: u32 = 1_000;

/// Which looks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LooksExportForm")]
struct Form {
    /// Of this member or key.
    actor: Option<TypedId>,
    /// At this object.
    object: Option<TypedId>,
    /// On this day (UTC).
    day: Option<Day>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/looks/export")
        .needs(LEDGER_READ)
        .session()
        .class(Class::Whole)
        .acts("looks.export")
        .summary("Save looks as a table")
        .describe("The newest 10,000 that fit, as CSV in which no cell is a formula.")
        .takes_form::<Form>()
        .example(json!({ "day": "2026-01-15" }))
        .answers_with(200, TABLE)
        .refuses(&[&DOWNLOAD_QUOTA_EXHAUSTED])
        .lets_out("the newest looks, within the quota of the day")
        .to(move |call| export(api.clone(), call))
}

async fn export(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    let Form { actor, object, day } = &call.body;
    let wanted = Wanted { actor: actor.clone(), object: object.clone(), day: day.clone() };
    let (mut table, mut lines, mut before) = (csv::HEAD.to_owned(), 0, None);
    loop {
        let stretch = past::looks(&api.house, &call.ctx, wanted.clone(), before, AT_ONCE).await?;
        for look in stretch.looks.iter().take(MOST - lines) {
            table.push_str(&csv::line(look));
            lines += 1;
        }
        if stretch.looked_down_to == 0 || lines == MOST {
            break;
        }
        before = Some(stretch.looked_down_to);
    }
    let rows = lines as u64;
    // Before anything of it leaves.
    let record = move |tx: &mut Tx<'_>| {
        downloads::count(tx, rows)?;
        Ok(tx.record(Leaf::of("looks.export"), ()))
    };
    api.house.write::<_, Failure>(&call.ctx, record).await?;
    Ok(Reply::bytes(TABLE, table).download("looks.csv"))
}
