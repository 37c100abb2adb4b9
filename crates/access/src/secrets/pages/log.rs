//! `GET /app/{env}/secrets/{id}/log`

use askama::Template;
use schemars::JsonSchema;
use sealpost_store::{SecretId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Pager, State, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Deserialize;

use super::words;
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::api::{Api, actor, log_position};
use crate::secrets::{SecretChange, named};

/// Which changes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecretLogPageQuery")]
struct Query {
    /// Where to begin.
    cursor: Option<String>,
}

/// What was done to a secret.
#[derive(Template)]
#[template(path = "secrets/pages/log.html")]
pub(super) struct LogPage {
    pub(super) back: String,
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
}

/// One change.
pub(super) struct Row {
    at: When,
    what: State,
    version: u32,
    who: &'static str,
    id: Option<String>,
    network: Option<String>,
}

impl Row {
    pub(super) fn of(change: &SecretChange, now: Time) -> Self {
        let (who, id) = actor(change.actor);
        Self {
            at: When::new(change.at, now),
            what: words::change(change.kind),
            version: change.version,
            who,
            id,
            network: change.network.map(|mark| mark.to_hex()),
        }
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/secrets/{id}/log")
        .needs(SECRETS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("What was done to a secret")
        .queries::<Query>()
        .to(move |call| show(api.clone(), call))
}

async fn show(api: Api, call: Call<(), Query>) -> Result<Reply, Failure> {
    let (id, users): (SecretId, _) = (call.id("id")?, api.users);
    let listing = call.listing(api.house.keys(), &id, None)?;
    let cursor = call.query.cursor.as_deref();
    let (before, fetch) = (log_position(&listing, cursor)?, listing.fetch());
    let found = api.house.read::<_, Failure>(&call.ctx, move |tx| {
        let secret = named::show(tx, users, id)?;
        Ok((secret, named::changes(tx, id, before, fetch)?))
    });
    let (secret, changes) = found.await?;
    let now = call.ctx.now();
    let page = listing.page(changes, |one| one.seq.to_be_bytes().to_vec(), |one| Row::of(&one, now));
    let own = call.at(&format!("/secrets/{id}/log"));
    let content = LogPage {
        back: call.at(&format!("/secrets/{id}")),
        name: secret.name.as_str().to_owned(),
        pager: Pager::new(&own, "", cursor, page.next_cursor.as_deref()),
        rows: page.data,
    };
    call.show("Change log", &content)
}
