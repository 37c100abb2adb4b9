//! `GET /v1/roles`, `GET /v1/roles/{id}`

use sealpost_store::RoleId;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, PageQuery, Reply, get, not_found};

use super::Api;
use super::view::RoleView;
use crate::permissions::MEMBERS_READ;
use crate::roles::{RoleRef, Standard, service};

pub(super) fn all(api: Api) -> Endpoint {
    get("/v1/roles")
        .needs(MEMBERS_READ)
        .class(Class::Read)
        .summary("List roles")
        .describe("The organisation's own, newest first; ours follow on the last page.")
        .queries::<PageQuery>()
        .answers::<Page<RoleView>>(200)
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(api.house.keys(), &(), call.query.limit)?;
    let position = listing.position(call.query.cursor.as_deref())?;
    let before = position.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).map(RoleId::from_bytes);
    let fetch = listing.fetch();
    let rows = api.house.read(&call.ctx, move |tx| service::list(tx, before, fetch)).await?;
    let mut page = listing.page(rows, |role| role.id.bytes().to_vec(), |role| RoleView::stored(&role));
    if !page.has_more {
        page.data.extend(Standard::ALL.map(|standard| RoleView::of(&standard.role())));
    }
    Ok(Reply::ok(&page)?)
}

pub(super) fn one(api: Api) -> Endpoint {
    get("/v1/roles/{id}").needs(MEMBERS_READ).class(Class::Read).summary("Show a role").answers::<RoleView>(200).to(
        move |call: Call| {
            let api = api.clone();
            async move {
                let view = match call.id::<RoleRef>("id")? {
                    RoleRef::Standard(standard) => Some(RoleView::of(&standard.role())),
                    RoleRef::Custom(id) => {
                        let stored = api.house.read(&call.ctx, move |tx| service::find_stored(tx, id)).await?;
                        stored.map(|stored| RoleView::stored(&stored))
                    }
                };
                Ok(Reply::ok(&view.ok_or_else(not_found)?)?)
            }
        },
    )
}
