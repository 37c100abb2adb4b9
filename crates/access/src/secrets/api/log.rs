//! `GET /v1/secrets/{id}/log`

use sealpost_store::SecretId;
use sealpost_web::{Call, Class, Endpoint, Failure, Listing, Page, PageQuery, Refusal, Reply, get};

use super::Api;
use super::view::ChangeView;
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::named;

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/secrets/{id}/log")
        .needs(SECRETS_MANAGE)
        .class(Class::Read)
        .summary("Read what was done to a secret")
        .describe("Newest first: who, when, what, from where, and which version. Never values.")
        .queries::<PageQuery>()
        .answers::<Page<ChangeView>>(200)
        .to(move |call| log(api.clone(), call))
}

async fn log(api: Api, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let id: SecretId = call.id("id")?;
    let listing = call.listing(api.house.keys(), &id, call.query.limit)?;
    let before = position(&listing, call.query.cursor.as_deref())?;
    let fetch = listing.fetch();
    let rows = api.house.read(&call.ctx, move |tx| named::changes(tx, id, before, fetch)).await?;
    let page = listing.page(rows, |one| one.seq.to_be_bytes().to_vec(), |one| ChangeView::of(&one));
    Ok(Reply::ok(&page)?)
}

/// Before which change a page begins.
pub(in crate::secrets) fn position(listing: &Listing<'_>, cursor: Option<&str>) -> Result<Option<u64>, Refusal> {
    let position = listing.position(cursor)?;
    Ok(position.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()).map(u64::from_be_bytes))
}
