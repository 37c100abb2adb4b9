//! `GET /app/{env}/sessions`

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use schemars::JsonSchema;
use sealpost_store::{MemberId, SessionId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Pager, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Deserialize;

use super::words;
use crate::members::{self, Members};
use crate::permissions::{MEMBERS_READ, SESSIONS_MANAGE};
use crate::sessions::api::Api;
use crate::sessions::{SessionRow, service};

/// Which sessions.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only this member's.
    member_id: Option<MemberId>,
    /// Where to begin.
    cursor: Option<String>,
}

/// The list.
#[derive(Template)]
#[template(path = "sessions/pages/list.html")]
pub(super) struct ListPage {
    pub(super) people: String,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
}

/// One session in a list.
#[derive(Template)]
#[template(path = "sessions/pages/row.html")]
pub(crate) struct Row {
    id: SessionId,
    /// What its member is called, and where their page is.
    member: Option<(String, Option<String>)>,
    device: String,
    method: &'static str,
    network: String,
    is_current: bool,
    began: When,
    seen: When,
    revoke: String,
}

impl askama::filters::HtmlSafe for Row {}

impl Row {
    /// A session seen by somebody in the session `current`; its member and their page if more than one member's are shown.
    pub(crate) fn of(
        session: &SessionRow,
        current: Option<[u8; 16]>,
        member: Option<(String, Option<String>)>,
        revoke: String,
        now: Time,
    ) -> Self {
        Self {
            id: session.id,
            member,
            device: words::device(session),
            method: words::method(session.method),
            network: format!("{:016x}", u64::from_be_bytes(session.network)),
            is_current: current == Some(session.id.bytes()),
            began: When::new(session.created_at, now),
            seen: When::new(session.seen_at, now),
            revoke,
        }
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/sessions")
        .needs(SESSIONS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Where members are signed in")
        .queries::<Query>()
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), Query>) -> Result<Reply, Failure> {
    let Query { member_id: member, ref cursor } = call.query;
    let listing = call.listing(api.house.keys(), &member, None)?;
    let position = listing.position(cursor.as_deref())?;
    let before = position.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).map(SessionId::from_bytes);
    let fetch = listing.fetch();
    let found = api.house.read(&call.ctx, move |tx| service::list(tx, member, before, fetch)).await?;
    let current = call.caller.session.map(|session| session.id);
    let names = names(&api, &call, &found).await?;
    let row = |session: SessionRow| {
        let called = names.get(&session.member).cloned().unwrap_or_else(|| session.member.to_string());
        let member = call.page_of(&session.member.to_string());
        let revoke = call.at(&format!("/sessions/{}/revoke", session.id));
        Row::of(&session, current, Some((called, member)), revoke, call.ctx.now())
    };
    let page = listing.page(found, |one| one.id.bytes().to_vec(), row);
    let kept = member.map(|member| format!("member_id={member}")).unwrap_or_default();
    let content = ListPage {
        people: call.at("/people"),
        pager: Pager::new(&call.at("/sessions"), &kept, cursor.as_deref(), page.next_cursor.as_deref()),
        rows: page.data,
    };
    call.show("Where members are signed in", &content)
}

/// What the members of these sessions are called, for whoever may know.
async fn names<Q>(api: &Api, call: &Call<(), Q>, found: &[SessionRow]) -> Result<BTreeMap<MemberId, String>, Failure> {
    let mut names = BTreeMap::new();
    if !call.caller.permissions.contains(MEMBERS_READ) {
        return Ok(names);
    }
    let members = Members::new(api.house.clone());
    let ids: BTreeSet<MemberId> = found.iter().map(|session| session.member).collect();
    for id in ids {
        names.extend(members.find(&call.ctx, id).await?.map(|member| (id, members::called(&member))));
    }
    Ok(names)
}
