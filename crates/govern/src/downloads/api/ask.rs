//! `POST /v1/downloads`

use schemars::JsonSchema;
use sealpost_access::permissions::DOWNLOADS_REQUEST;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::body::Body as Rows;
use super::view::View;
use crate::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use crate::downloads::codes::{DOWNLOAD_QUOTA_EXHAUSTED, DOWNLOAD_SOURCE_REFUSED, DOWNLOAD_TOO_LONG};
use crate::downloads::model::Format;
use crate::downloads::service::{self, Downloads};
use crate::reason::Reason;

/// Which rows, which columns, as what, and why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DownloadOrder")]
struct Body {
    /// Rows of what: `contacts`, `messages`, `deliveries`, `audit` or `looks`.
    source: String,
    /// Which of its columns, in their order; all, if none is named.
    #[serde(default)]
    columns: Vec<String>,
    /// Which of its rows: what its list would be asked with, `{ "standing": "not_delivered" }`; all, if nothing is said.
    #[serde(default)]
    filter: Map<String, Value>,
    /// As what: `csv` unless said otherwise.
    #[serde(default)]
    format: Format,
    /// Why: for whoever decides, and for whoever reads the ledger later.
    reason: Reason,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn route(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    post("/v1/downloads")
        .needs(DOWNLOADS_REQUEST)
        .class(Class::Write)
        .acts("download.request")
        .summary("Ask for a file of many rows")
        .describe(
            "It is written as you see the rows, hidden values hidden, and without what comes to be later. Where the organisation says so \
             others have to agree first: then `state` is `waiting`, and `approval_id` says what they decide about. Counts as a file, and \
             with the rows it has at most, in your quota of the day. Once it is `ready` it can be fetched once, by you.",
        )
        .takes::<Body>()
        .answers::<View>(202)
        .refuses(&[&DOWNLOAD_SOURCE_REFUSED, &DOWNLOAD_TOO_LONG, &DOWNLOAD_QUOTA_EXHAUSTED, &APPROVAL_PERSON_UNKNOWN])
        .example(json!({
            "source": "contacts",
            "columns": ["id", "locale", "created_at"],
            "format": "csv",
            "reason": "Yearly count of languages, ticket 4512",
        }))
        .to(move |call: Call<Body>| handle(downloads.clone(), call))
}

async fn handle(downloads: Downloads, call: Call<Body>) -> Result<Reply, Failure> {
    let (call, Body { source, columns, filter, format, reason, .. }) = call.take_body();
    let wish = Rows { source, columns, filter, format }.into();
    let may = call.caller.permissions.without(call.caller.barred);
    let prospect = downloads.look(&call.ctx, may, wish).await?;
    let prepared = downloads.prepare(&call.ctx, prospect, reason).await?;
    let environment = call.ctx.org.environment;
    call.write(&downloads.house, move |tx| {
        let asked = service::ask(tx, prepared)?;
        let download = asked.value();
        let reply =
            Reply::json(202, &View::of(download, environment))?.location(&format!("/v1/downloads/{}", download.id));
        Ok(asked.map(|_| reply))
    })
    .await
}
