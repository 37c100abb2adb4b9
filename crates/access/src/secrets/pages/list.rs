//! `GET /app/{env}/secrets`

use askama::Template;
use schemars::JsonSchema;
use sealpost_store::{SecretId, StoreError, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Menu, Pager, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Deserialize;

use super::words::{self, UseShown};
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::NamedSecret;
use crate::secrets::api::{Api, position};
use crate::secrets::named;
use crate::sso::{self, ConnectionCredential};

/// Which secrets.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecretsPageQuery")]
struct Query {
    /// Only those with this in their names.
    q: Option<String>,
    /// Where to begin.
    cursor: Option<String>,
}

/// The list.
#[derive(Template)]
#[template(path = "secrets/pages/list.html")]
pub(super) struct ListPage {
    pub(super) path: String,
    pub(super) new: String,
    pub(super) encryption: String,
    pub(super) handovers: String,
    pub(super) q: String,
    pub(super) rows: Vec<Row>,
    /// What is kept with what uses it.
    pub(super) elsewhere: Vec<Elsewhere>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One secret in the list.
pub(super) struct Row {
    id: SecretId,
    href: String,
    name: String,
    description: String,
    updated: When,
    created: When,
    uses: Vec<UseShown>,
    menu: Menu,
}

/// A credential that is kept with what uses it.
pub(super) struct Elsewhere {
    pub(super) what: &'static str,
    pub(super) name: String,
    pub(super) href: Option<String>,
    pub(super) since: When,
    pub(super) used: Option<When>,
}

impl Elsewhere {
    /// As it stands now; `page_of` leads whoever may there to the page of an id.
    pub(super) fn of(one: ConnectionCredential, now: Time, page_of: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            what: words::elsewhere(one.what),
            href: page_of(&one.connection.to_string()),
            name: one.name,
            since: When::new(one.since, now),
            used: one.last_used_at.map(|at| When::new(at, now)),
        }
    }
}

impl Row {
    /// A secret as it stands now; `at` leads somewhere after `/app/{env}`.
    pub(super) fn of(secret: &NamedSecret, now: Time, at: impl Fn(&str) -> String) -> Self {
        let own = |act: &str| at(&format!("/secrets/{}{act}", secret.id));
        let menu = Menu::new(secret.id, secret.name.as_str()).link(Icon::Template, "Edit…", own("/edit"));
        let menu = match secret.is_stored() {
            true => menu.link(Icon::Rotate, "Rotate…", own("/rotate")),
            false => menu,
        };
        Self {
            id: secret.id,
            href: own(""),
            name: secret.name.as_str().to_owned(),
            description: secret.description.as_str().to_owned(),
            updated: When::new(secret.updated_at, now),
            created: When::new(secret.created_at, now),
            uses: words::uses(&secret.uses, &at),
            menu: menu.link(Icon::Audit, "Change log", own("/log")).danger(Icon::Trash, "Delete…", own("/remove")),
        }
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/secrets")
        .needs(SECRETS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Secrets by name, never with values")
        .queries::<Query>()
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), Query>) -> Result<Reply, Failure> {
    let q = call.query.q.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
    let listing = call.listing(api.house.keys(), &q, None)?;
    let cursor = call.query.cursor.as_deref();
    let (after, part) = (position(&listing, cursor)?, q.clone());
    let (fetch, users) = (listing.fetch(), api.users);
    let found = api.house.read(&call.ctx, move |tx| named::list(tx, users, &after, &part, fetch)).await?;
    let now = call.ctx.now();
    let row = |secret: NamedSecret| Row::of(&secret, now, |path| call.at(path));
    let elsewhere = match q.is_empty() && cursor.is_none() {
        true => api.house.read::<_, StoreError>(&call.ctx, sso::credentials).await?,
        false => Vec::new(),
    };
    let elsewhere = elsewhere.into_iter().map(|one| Elsewhere::of(one, now, |id| call.page_of(id))).collect();
    let page = listing.page(found, |one| one.name.as_str().as_bytes().to_vec(), row);
    // Whatever else is looked for is in no name, and not repeated in a link.
    let plain = q.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let kept = if q.is_empty() || !plain { String::new() } else { format!("q={q}") };
    let new = call.at("/secrets/new");
    let content = ListPage {
        path: call.at("/secrets"),
        encryption: call.at("/encryption"),
        handovers: call.at("/secrets/handovers"),
        pager: Pager::new(&call.at("/secrets"), &kept, cursor, page.next_cursor.as_deref()),
        rows: page.data,
        elsewhere,
        empty: empty(&q, new.clone()),
        q,
        new,
    };
    call.show("Secrets", &content)
}

/// What stands where no secret does.
pub(super) fn empty(q: &str, new: String) -> Empty {
    if q.is_empty() {
        let says = "Keys, tokens and passwords that are used and never shown again. Everything that needs one refers to it from here.";
        Empty::new(Icon::Lock, "No secret yet", says).deed("Store New Secret", new)
    } else {
        Empty::new(Icon::Search, "No secret is called so", "Names have small letters, digits and dashes.")
    }
}
