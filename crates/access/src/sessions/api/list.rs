//! `GET /v1/me/sessions`, `GET /v1/sessions`

use schemars::JsonSchema;
use sealpost_store::{MemberId, SessionId};
use sealpost_web::{Call, Class, Endpoint, Failure, Page, PageQuery, Reply, get};
use serde::Deserialize;

use super::Api;
use super::view::SessionView;
use crate::permissions::SESSIONS_MANAGE;
use crate::sessions::service;

/// Which sessions.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// How many elements, 1 to 250; 50 unless said otherwise.
    #[schemars(range(min = 1, max = 250))]
    limit: Option<u16>,
    /// Where to begin: `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only this member's.
    member_id: Option<MemberId>,
}

pub(super) fn own(api: Api) -> Endpoint {
    get("/v1/me/sessions")
        .signed_in("it is about nobody but the member")
        .class(Class::Read)
        .summary("List where you are signed in")
        .queries::<PageQuery>()
        .answers::<Page<SessionView>>(200)
        .to(move |call: Call<(), PageQuery>| {
            let api = api.clone();
            async move {
                let member = Some(MemberId::from_bytes(call.ctx.actor.id));
                let (limit, cursor) = (call.query.limit, call.query.cursor.clone());
                page(&api, &call, member, limit, cursor).await
            }
        })
}

pub(super) fn all(api: Api) -> Endpoint {
    get("/v1/sessions")
        .needs(SESSIONS_MANAGE)
        .session()
        .class(Class::Read)
        .summary("List where members are signed in")
        .queries::<Query>()
        .answers::<Page<SessionView>>(200)
        .to(move |call: Call<(), Query>| {
            let api = api.clone();
            async move {
                let (limit, cursor) = (call.query.limit, call.query.cursor.clone());
                page(&api, &call, call.query.member_id, limit, cursor).await
            }
        })
}

async fn page<Q>(
    api: &Api,
    call: &Call<(), Q>,
    member: Option<MemberId>,
    limit: Option<u16>,
    cursor: Option<String>,
) -> Result<Reply, Failure> {
    let listing = call.listing(api.house.keys(), &member, limit)?;
    let position = listing.position(cursor.as_deref())?;
    let before = position.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).map(SessionId::from_bytes);
    let fetch = listing.fetch();
    let rows = api.house.read(&call.ctx, move |tx| service::list(tx, member, before, fetch)).await?;
    let current = call.caller.session.map(|session| session.id);
    let page = listing.page(rows, |one| one.id.bytes().to_vec(), |one| SessionView::of(&one, current));
    Ok(Reply::ok(&page)?)
}
