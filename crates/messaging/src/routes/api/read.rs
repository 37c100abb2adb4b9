//! `GET /v1/routes`, `GET /v1/routes/{id}`

use sealpost_access::permissions::ROUTES_READ;
use sealpost_store::RouteId;
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Page, PageQuery, Reply, get};

use super::view::{FullView, RouteView, VersionView};
use crate::cursor;
use crate::routes::Routes;
use crate::versions::authors_of;

pub(super) fn list(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    get("/v1/routes")
        .needs(ROUTES_READ)
        .class(Limit::Read)
        .summary("List routes, newest first")
        .queries::<PageQuery>()
        .answers::<Page<RouteView>>(200)
        .to(move |call: Call<(), PageQuery>| handle_list(routes.clone(), call))
}

async fn handle_list(routes: Routes, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(routes.store().keys(), &(), call.query.limit)?;
    let before = cursor::behind(&listing, call.query.cursor.as_deref(), RouteId::from_bytes)?;
    let rows = routes.list(&call.ctx, before, listing.fetch()).await?;
    let page = listing.page(rows, |row| row.id.bytes().to_vec(), |row| RouteView::of(&call.ctx, &row));
    Ok(Reply::ok(&page)?)
}

pub(super) fn show(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    get("/v1/routes/{id}")
        .needs(ROUTES_READ)
        .class(Limit::Read)
        .summary("Read a route with all its versions")
        .answers::<FullView>(200)
        .to(move |call: Call| handle_show(routes.clone(), call))
}

async fn handle_show(routes: Routes, call: Call) -> Result<Reply, Failure> {
    let id = call.id("id")?;
    let route = routes.find(&call.ctx, id).await?;
    let versions = routes.versions(&call.ctx, id).await?;
    let authors = authors_of(routes.store(), &call.ctx, route.id.bytes()).await?;
    let view = FullView {
        route: RouteView::of(&call.ctx, &route),
        versions: versions.iter().map(|version| VersionView::from(version).by(&authors)).collect(),
    };
    Ok(Reply::ok(&view)?)
}
