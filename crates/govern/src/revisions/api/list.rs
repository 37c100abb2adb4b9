//! `GET /v1/revisions`

use schemars::JsonSchema;
use sealpost_access::permissions::APPROVALS_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, Reply, get};
use serde::Deserialize;

use super::Api;
use super::view::RevisionView;
use crate::revisions::service;

/// Which revisions.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RevisionsQuery")]
struct Query {
    /// Of which setting, by its name; of all, unless said otherwise.
    setting: Option<String>,
    /// Where to go on.
    cursor: Option<String>,
    /// How many at most.
    limit: Option<u16>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/revisions")
        .needs(APPROVALS_READ)
        .class(Class::Search)
        .summary("List what settings said, and what each change changed")
        .describe("Newest first. What belongs to the organisation itself is in both environments.")
        .queries::<Query>()
        .answers::<Page<RevisionView>>(200)
        .to(move |call: Call<(), Query>| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), Query>) -> Result<Reply, Failure> {
    let setting = call.query.setting.clone();
    let listing = call.listing(api.house.keys(), &setting, call.query.limit)?;
    let before = crate::revisions::pages::behind(&listing, call.query.cursor.as_deref())?;
    let (keys, fetch) = (api.house.keys().organisation(call.ctx.org.id).await?, listing.fetch());
    let all = api.all.clone();
    let rows = api
        .house
        .read::<_, Failure>(&call.ctx, move |tx| service::list(tx, &keys, &all, setting.as_deref(), (before, fetch)))
        .await?;
    let page = listing.page(
        rows,
        |(one, _)| one.id.bytes().to_vec(),
        |(one, changed)| RevisionView::of(&one, &api.all, changed),
    );
    Ok(Reply::ok(&page)?)
}
