//! `GET /app/{env}/people/invited`

use askama::Template;
use sealpost_store::MemberId;
use sealpost_web::shell::parts::Pager;
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use super::row::Row;
use super::words::Roles;
use crate::members::api::{Api, position};
use crate::permissions::MEMBERS_READ;

/// All invitations that nobody has followed yet.
#[derive(Template)]
#[template(path = "members/pages/invited.html")]
pub(super) struct InvitedPage {
    pub(super) people: String,
    pub(super) invited: Vec<Row>,
    pub(super) pager: Pager,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/people/invited")
        .needs(MEMBERS_READ)
        .page()
        .class(Class::Read)
        .summary("Who is invited")
        .queries::<PageQuery>()
        .to(move |call| invited(api.clone(), call))
}

async fn invited(api: Api, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let (ctx, now) = (&call.ctx, call.ctx.now());
    let listing = call.listing(api.members.house().keys(), &true, call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = position(&listing, cursor)?;
    let members = api.members.list(ctx, true, before, listing.fetch()).await?;
    let roles = Roles::all(api.members.house(), ctx).await?;
    let oneself = MemberId::from_bytes(ctx.actor.id);
    let page = listing.page(
        members,
        |one| one.id.bytes().to_vec(),
        |member| Row::of(&member, call.at(&format!("/people/{}", member.id)), &roles, oneself, now),
    );
    let content = InvitedPage {
        people: call.at("/people"),
        pager: Pager::new(&call.at("/people/invited"), &call.query.kept(), cursor, page.next_cursor.as_deref()),
        invited: page.data,
    };
    call.show("Invited", &content)
}
