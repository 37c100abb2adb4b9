//! `GET /v1/downloads`

use schemars::JsonSchema;
use sealpost_access::permissions::DOWNLOADS_READ;
use sealpost_store::StoreError;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, Reply, get};
use serde::{Deserialize, Serialize};

use super::behind;
use super::view::View;
use crate::downloads::model::State;
use crate::downloads::service::Downloads;
use crate::downloads::store::{self, Which};

/// Which files.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DownloadsQuery")]
struct Query {
    /// Which of them; all, unless said otherwise.
    tab: Option<Tab>,
    /// How many, 1 to 250; 50 unless said otherwise.
    #[schemars(range(min = 1, max = 250))]
    limit: Option<u16>,
    /// Where to begin: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A part of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DownloadsTab")]
enum Tab {
    /// What you asked for.
    Mine,
    /// Those that wait for others to agree.
    Waiting,
}

pub(super) fn route(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    get("/v1/downloads")
        .needs(DOWNLOADS_READ)
        .class(Class::Read)
        .summary("List who asked for which files")
        .describe("Newest first, in the caller's environment.")
        .queries::<Query>()
        .answers::<Page<View>>(200)
        .to(move |call| list(downloads.clone(), call))
}

async fn list(downloads: Downloads, call: Call<(), Query>) -> Result<Reply, Failure> {
    let (house, ctx) = (&downloads.house, &call.ctx);
    let listing = call.listing(house.keys(), &call.query.tab, call.query.limit)?;
    let (before, fetch) = (behind(&listing, call.query.cursor.as_deref())?, listing.fetch());
    let which = match call.query.tab {
        None => Which::All,
        Some(Tab::Mine) => Which::Of(ctx.actor),
        Some(Tab::Waiting) => Which::In(State::Waiting),
    };
    let rows = house.read::<_, StoreError>(ctx, move |tx| store::page(tx, which, before, fetch)).await?;
    let view = |one| View::of(&one, ctx.org.environment);
    Ok(Reply::ok(&listing.page(rows, |one| one.id.bytes().to_vec(), view))?)
}
