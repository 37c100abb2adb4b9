//! `GET /v1/members`, `GET /v1/members/{id}`

use sealpost_store::MemberId;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, PageQuery, Reply, get, not_found};

use super::view::MemberView;
use super::{Api, position};
use crate::permissions::MEMBERS_READ;

pub(super) fn all(api: Api) -> Endpoint {
    get("/v1/members")
        .needs(MEMBERS_READ)
        .class(Class::Read)
        .summary("List members")
        .describe("Everybody who is a member, newest first. Whoever is invited is listed by `GET /v1/invitations`.")
        .queries::<PageQuery>()
        .answers::<Page<MemberView>>(200)
        .to(move |call| page(api.clone(), call, false))
}

/// One page of members, or of those who are invited.
pub(super) async fn page(api: Api, call: Call<(), PageQuery>, invited: bool) -> Result<Reply, Failure> {
    let listing = call.listing(api.members.house().keys(), &invited, call.query.limit)?;
    let before = position(&listing, call.query.cursor.as_deref())?;
    let members = api.members.list(&call.ctx, invited, before, listing.fetch()).await?;
    Ok(Reply::ok(&listing.page(members, |one| one.id.bytes().to_vec(), |one| MemberView::of(&one)))?)
}

pub(super) fn one(api: Api) -> Endpoint {
    get("/v1/members/{id}")
        .needs(MEMBERS_READ)
        .class(Class::Read)
        .summary("Show a member")
        .answers::<MemberView>(200)
        .to(move |call: Call| {
            let api = api.clone();
            async move { show(&api, &call, call.id("id")?).await }
        })
}

/// A member as they are now.
pub(super) async fn show<B, Q>(api: &Api, call: &Call<B, Q>, id: MemberId) -> Result<Reply, Failure> {
    let member = api.members.find(&call.ctx, id).await?.ok_or_else(not_found)?;
    Ok(Reply::ok(&MemberView::of(&member))?)
}
