//! `GET /v1/support-grants`

use sealpost_access::permissions::SUPPORT_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, PageQuery, Reply, get};

use super::view::GrantView;
use super::{Api, behind};
use crate::support::store;

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/support-grants")
        .needs(SUPPORT_READ)
        .class(Class::Search)
        .summary("List who was let in to help, and what came of it")
        .describe(
            "Newest first, of both environments. What waits for an approval is in `/v1/approvals`, of the module `support`. A grant of \
             which `ended_by` is `broken_glass` was none: somebody on the host went without.",
        )
        .queries::<PageQuery>()
        .answers::<Page<GrantView>>(200)
        .to(move |call: Call<(), PageQuery>| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(api.house.keys(), &(), call.query.limit)?;
    let (before, fetch, now) = (behind(&listing, call.query.cursor.as_deref())?, listing.fetch(), call.ctx.now());
    let (org, keys) = (call.ctx.org.id, api.house.keys().organisation(call.ctx.org.id).await?);
    let rows = api
        .house
        .read::<_, Failure>(&call.ctx, move |tx| {
            let stored = store::page(tx, before, fetch)?.into_iter();
            let opened = stored.map(|stored| Ok((store::content(&keys, org, &stored)?, stored.0)));
            opened.collect::<Result<Vec<_>, Failure>>()
        })
        .await?;
    let view = |(content, grant)| GrantView::of(&grant, content, now);
    Ok(Reply::ok(&listing.page(rows, |(_, grant)| grant.id.bytes().to_vec(), view))?)
}
