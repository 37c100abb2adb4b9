//! `GET /app/{env}/revisions/{id}`

use askama::Template;
use sealpost_access::permissions::{APPROVALS_READ, SECURITY_MANAGE};
use sealpost_store::{RevisionId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::When;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::list::{By, title};
use crate::approvals::{Digest, Line};
use crate::audit::TypedId;
use crate::revisions::api::Api;
use crate::revisions::service::{self, Seen};
use crate::revisions::setting::Revisables;

/// One revision.
#[derive(Template)]
#[template(path = "revisions/pages/show.html")]
pub(super) struct ShowPage {
    all: String,
    title: &'static str,
    id: RevisionId,
    number: u32,
    in_force: bool,
    /// Where it is gone back to, by whoever may.
    roll_back: Option<String>,
    /// Where the setting is changed by hand.
    page: Option<String>,
    changed: Vec<Line>,
    back: Vec<Line>,
    by: Option<By>,
    at: When,
    why: Option<String>,
    target: Option<TypedId>,
    approval: Option<(String, String)>,
    digest: String,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/revisions/{id}")
        .needs(APPROVALS_READ)
        .page()
        .class(Class::Read)
        .summary("What a setting said, and what going back would change")
        .to(move |call: Call| show(api.clone(), call))
}

async fn show(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: RevisionId = call.id("id")?;
    let (keys, all) = (api.house.keys().organisation(call.ctx.org.id).await?, api.all.clone());
    let seen = api.house.read::<_, Failure>(&call.ctx, move |tx| service::show(tx, &keys, &all, id)).await?;
    let (now, may) = (call.ctx.now(), call.caller.permissions.contains(SECURITY_MANAGE));
    let content = page(seen, &api.all, may, now, |path| call.at(path), |id| call.page_of(id));
    call.show(content.title, &content)
}

/// The page for whoever may go back, or may not; `at` leads somewhere after `/app/{env}`, `page_of` to the page of an object.
pub(super) fn page(
    seen: Seen,
    all: &Revisables,
    may: bool,
    now: Time,
    at: impl Fn(&str) -> String,
    page_of: impl Fn(&str) -> Option<String>,
) -> ShowPage {
    let Seen { revision, changed, back } = seen;
    let setting = all.find(&revision.setting);
    let goes = may && setting.is_some() && !back.is_empty();
    ShowPage {
        all: at("/revisions"),
        title: title(all, &revision),
        id: revision.id,
        number: revision.number,
        in_force: revision.is_in_force(),
        roll_back: goes.then(|| at(&format!("/revisions/{}/roll-back", revision.id))),
        page: setting.map(|setting| at(setting.page)),
        by: By::of(&revision, &page_of),
        at: When::new(revision.at, now),
        target: revision
            .target
            .zip(setting.and_then(|setting| setting.of))
            .map(|(id, kind)| TypedId { kind: kind.to_owned(), id }),
        approval: revision.approval.map(|id| (id.to_string(), at(&format!("/approvals/{id}")))),
        digest: Digest::from(revision.digest).to_string(),
        why: revision.why,
        changed,
        back,
    }
}
