//! `GET /app/{env}/people`

use askama::Template;
use sealpost_store::MemberId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::Pager;
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use super::row::Row;
use super::words::Roles;
use crate::members::api::{Api, position};
use crate::members::model::Member;
use crate::permissions::{MEMBERS_MANAGE, MEMBERS_READ};

/// Invitations on the page; more are on one of their own.
const INVITED: u32 = 20;

/// The list.
#[derive(Template)]
#[template(path = "members/pages/list.html")]
pub(super) struct ListPage {
    pub(super) invite: Option<String>,
    pub(super) members: Vec<Row>,
    pub(super) invited: Vec<Row>,
    pub(super) all_invited: Option<String>,
    pub(super) pager: Pager,
    pub(super) roles: String,
    pub(super) teams: String,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/people")
        .needs(MEMBERS_READ)
        .page()
        .class(Class::Read)
        .summary("Members and who is invited")
        .queries::<PageQuery>()
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let (ctx, now) = (&call.ctx, call.ctx.now());
    let listing = call.listing(api.members.house().keys(), &false, call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = position(&listing, cursor)?;
    let members = api.members.list(ctx, false, before, listing.fetch()).await?;
    let mut invited = match cursor {
        None => api.members.list(ctx, true, None, INVITED + 1).await?,
        Some(_) => Vec::new(),
    };
    let there_are_more = invited.len() > INVITED as usize;
    invited.truncate(INVITED as usize);
    let roles = Roles::all(api.members.house(), ctx).await?;
    let oneself = MemberId::from_bytes(ctx.actor.id);
    let row = |member: Member| Row::of(&member, call.at(&format!("/people/{}", member.id)), &roles, oneself, now);
    let page = listing.page(members, |one| one.id.bytes().to_vec(), row);
    let content = ListPage {
        invite: call.caller.permissions.contains(MEMBERS_MANAGE).then(|| call.at("/people/invite")),
        pager: Pager::new(&call.at("/people"), &call.query.kept(), cursor, page.next_cursor.as_deref()),
        members: page.data,
        invited: invited.into_iter().map(row).collect(),
        all_invited: there_are_more.then(|| call.at("/people/invited")),
        roles: call.at("/roles"),
        teams: call.at("/teams"),
    };
    call.show("People", &content)
}
