//! `GET /app/{env}/support/session`, `POST /app/{env}/support/session/leave`: what is whoever's who was let in.

use askama::Template;
use sealpost_access::permissions::ALL;
use sealpost_store::{ActorKind, StoreError, SupportGrantId, Tx};
use sealpost_web::shell::Yes;
use sealpost_web::shell::parts::When;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found, post};
use serde_json::json;

use crate::support::api::Api;
use crate::support::model::{Ended, Grant};
use crate::support::{service, store};

/// The page.
#[derive(Template)]
#[template(path = "support/pages/session.html")]
pub(super) struct SessionPage {
    pub(super) environment: &'static str,
    pub(super) until: When,
    pub(super) leave: String,
    pub(super) csrf: String,
    pub(super) may: String,
    pub(super) sees: &'static str,
    pub(super) objects: Vec<(String, Option<String>)>,
}

pub(super) fn page(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/support/session")
        .signed_in("it is about nobody but whoever was let in")
        .for_support()
        .page()
        .class(Class::Read)
        .summary("What whoever was let in reaches")
        .also_answers(303, "")
        .to(move |call: Call| {
            let api = api.clone();
            async move { show(&api, &call).await }
        })
}

async fn show(api: &Api, call: &Call) -> Result<Reply, Failure> {
    // A member is led to what is theirs.
    let Ok(id) = own(call) else { return Ok(Reply::see_other("/app")) };
    let found = api.house.peek::<_, StoreError>(&call.ctx, move |tx| store::find(tx, id)).await?;
    let (grant, _) = found.ok_or_else(not_found)?;
    let content = content(&grant, call.csrf_token(), call.ctx.now(), |path| call.at(path), |of| call.page_of(of));
    call.show("Support access", &content)
}

pub(super) fn content(
    grant: &Grant,
    csrf: &str,
    now: sealpost_store::Time,
    at: impl Fn(&str) -> String,
    page_of: impl Fn(&str) -> Option<String>,
) -> SessionPage {
    let may: Vec<_> = grant.permissions.iter(ALL).map(|permission| permission.title()).collect();
    SessionPage {
        environment: grant.environment.as_str(),
        until: When::new(grant.until, now),
        leave: at("/support/session/leave"),
        csrf: csrf.to_owned(),
        may: may.join(", "),
        sees: if grant.last4 { "The last four digits of phone numbers" } else { "Nothing that is personal" },
        objects: grant.objects.iter().map(|id| (id.to_string(), page_of(&id.to_string()))).collect(),
    }
}

pub(super) fn leave(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/support/session/leave")
        .signed_in("it is about nobody but whoever was let in")
        .for_support()
        .class(Class::Write)
        .acts("support.end")
        .summary("Leave: the support access is over")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .to(move |call: Call<Yes>| {
            let api = api.clone();
            async move {
                let id = own(&call)?;
                api.house.write(&call.ctx, move |tx: &mut Tx<'_>| service::end(tx, id, Ended::Left)).await?;
                Ok(Reply::see_other("/sign-in").end_session())
            }
        })
}

/// The grant by which whoever calls was let in. For everybody else there is no such page.
fn own<B, Q>(call: &Call<B, Q>) -> Result<SupportGrantId, Failure> {
    let actor = call.ctx.actor;
    match actor.kind {
        ActorKind::Support => Ok(SupportGrantId::from_bytes(actor.id)),
        _ => Err(not_found().into()),
    }
}
