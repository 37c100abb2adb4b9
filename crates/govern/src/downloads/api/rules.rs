//! `GET` and `PUT /v1/settings/downloads`

use schemars::JsonSchema;
use sealpost_access::permissions::{DOWNLOADS_READ, SECURITY_MANAGE};
use sealpost_store::{StoreError, Time};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Class, Code, Endpoint, Failure, Reply, get, put};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::downloads::model::{Policy, Standing};
use crate::downloads::policy;
use crate::downloads::service::Downloads;
use crate::reason::Reason;

/// Under what rules files of many rows leave, and what there is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DownloadSettings")]
struct View {
    /// When a file takes an approval.
    #[serde(flatten)]
    policy: Policy,
    /// How often they were changed.
    version: u32,
    /// When they were changed last; nothing if never.
    changed_at: Option<Time>,
    /// What rows can be taken of.
    sources: Vec<About>,
}

/// A source of rows.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DownloadSource")]
struct About {
    /// Its name.
    source: &'static str,
    /// What people call it.
    title: &'static str,
    /// The permission that reading it takes.
    needs: &'static str,
    /// Its columns.
    columns: Vec<ColumnView>,
}

/// A column.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DownloadColumn")]
struct ColumnView {
    name: &'static str,
    /// Whether what stands there is about a person.
    personal: bool,
}

impl View {
    fn of(downloads: &Downloads, standing: &Standing) -> Self {
        let about = |one: &std::sync::Arc<dyn crate::downloads::Exportable>| {
            let source = one.source();
            let column =
                |column: &crate::downloads::Column| ColumnView { name: column.name, personal: column.personal };
            About {
                source: source.word,
                title: source.title,
                needs: source.needs.name(),
                columns: source.columns.iter().map(column).collect(),
            }
        };
        Self {
            policy: standing.policy,
            version: standing.version,
            changed_at: standing.since,
            sources: downloads.all.iter().map(about).collect(),
        }
    }
}

pub(super) fn show(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    get("/v1/settings/downloads")
        .needs(DOWNLOADS_READ)
        .class(Class::Read)
        .summary("Read under what rules files of many rows leave")
        .answers::<View>(200)
        .to(move |call: Call| {
            let downloads = downloads.clone();
            async move {
                let standing = downloads.house.peek::<_, StoreError>(&call.ctx, policy::standing).await?;
                Ok::<_, Failure>(Reply::ok(&View::of(&downloads, &standing))?)
            }
        })
}

/// The rules there shall be: all of them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewDownloadSettings")]
struct Body {
    /// Every file takes an approval.
    always: bool,
    /// A file with a column of personal data takes one, however few its rows are.
    personal: bool,
    /// A file of more rows than this takes one; nothing: not because of its rows.
    above_rows: Option<u32>,
    /// How many hours a file waits for whoever asked, 1 to 24.
    #[schemars(range(min = 1, max = 24))]
    keep_hours: u8,
    /// How many files somebody may take in a day, 1 to 1000.
    #[schemars(range(min = 1, max = 1000))]
    files_per_day: u32,
    /// How many rows somebody may take in a day, 1 to 100 million.
    #[schemars(range(min = 1, max = 100_000_000))]
    rows_per_day: u32,
    /// Why.
    reason: Reason,
}

/// What a change of rules may be refused with.
pub(in crate::downloads) const REFUSED: [&Code; 1] = [&CHANGED_MEANWHILE];

pub(super) fn change(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    put("/v1/settings/downloads")
        .needs(SECURITY_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("download_policy.change")
        .summary("Decide under what rules files of many rows leave")
        .describe("For both environments. What was asked for before stays what it is.")
        .takes::<Body>()
        .answers::<View>(200)
        .refuses(&REFUSED)
        .example(json!({
            "always": false,
            "personal": true,
            "above_rows": 500,
            "keep_hours": 8,
            "files_per_day": 50,
            "rows_per_day": 1_000_000,
            "reason": "Rules of 2026",
        }))
        .to(move |call: Call<Body>| handle(downloads.clone(), call))
}

async fn handle(downloads: Downloads, call: Call<Body>) -> Result<Reply, Failure> {
    let (call, body) = call.take_body();
    let Body { always, personal, above_rows, keep_hours, files_per_day, rows_per_day, reason } = body;
    let wanted = Policy { always, personal, above_rows, keep_hours, files_per_day, rows_per_day };
    let keys = downloads.house.keys().organisation(call.ctx.org.id).await?;
    let within = downloads.clone();
    call.write(&downloads.house, move |tx| {
        let changed = policy::change(tx, &keys, wanted, &reason)?;
        let reply = Reply::ok(&View::of(&within, changed.value()))?;
        Ok(changed.map(|_| reply))
    })
    .await
}
