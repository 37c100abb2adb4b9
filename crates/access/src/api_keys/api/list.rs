//! `GET /v1/keys`

use sealpost_web::{Call, Class, Endpoint, Failure, Page, PageQuery, Reply, get};

use super::view::KeyView;
use super::{Api, position};
use crate::api_keys::service;
use crate::permissions::KEYS_READ;

pub(super) fn route(api: Api) -> Endpoint {
    get("/v1/keys")
        .needs(KEYS_READ)
        .class(Class::Read)
        .summary("List API keys")
        .describe("All keys of the caller's environment, newest first, whatever their state.")
        .queries::<PageQuery>()
        .answers::<Page<KeyView>>(200)
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(api.house.keys(), &(), call.query.limit)?;
    let before = position(&listing, call.query.cursor.as_deref())?;
    let fetch = listing.fetch();
    let rows = api.house.read(&call.ctx, move |tx| service::list(tx, before, fetch)).await?;
    let now = call.ctx.now();
    let page = listing.page(rows, |key| key.id.bytes().to_vec(), |key| KeyView::of(&key, now));
    Ok(Reply::ok(&page)?)
}
