//! `GET /app/{env}/secrets/{id}`

use askama::Template;
use sealpost_store::{SecretId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Ident, Shape, State, Tone, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::words::{self, UseShown};
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::api::Api;
use crate::secrets::{NamedSecret, VersionSummary, named, rules};

/// One secret.
#[derive(Template)]
#[template(path = "secrets/pages/show.html")]
pub(super) struct ShowPage {
    list: String,
    name: String,
    id: Ident,
    description: String,
    purpose: String,
    remind: String,
    created: When,
    updated: When,
    used: Option<When>,
    uses: Vec<UseShown>,
    versions: Vec<VersionShown>,
    edit: String,
    rotate: Option<String>,
    handover: Option<String>,
    log: String,
    remove: String,
}

struct VersionShown {
    number: u32,
    state: State,
    fingerprint: String,
    origin: &'static str,
    created: When,
    ends: Option<When>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/secrets/{id}")
        .needs(SECRETS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("A secret with its versions and what uses it, never its value")
        .to(move |call| show(api.clone(), call))
}

async fn show(api: Api, call: Call) -> Result<Reply, Failure> {
    let (id, users): (SecretId, _) = (call.id("id")?, api.users);
    let found = api.house.read::<_, Failure>(&call.ctx, move |tx| {
        let secret = named::show(tx, users, id)?;
        Ok((secret, named::versions(tx, id)?))
    });
    let (secret, versions) = found.await?;
    call.show(secret.name.as_str(), &page(&secret, &versions, call.ctx.now(), |path| call.at(path)))
}

/// The page of a secret as it stands now; `at` leads somewhere after `/app/{env}`.
pub(super) fn page(
    secret: &NamedSecret,
    versions: &[VersionSummary],
    now: Time,
    at: impl Fn(&str) -> String,
) -> ShowPage {
    let own = |act: &str| at(&format!("/secrets/{}/{act}", secret.id));
    ShowPage {
        list: at("/secrets"),
        name: secret.name.as_str().to_owned(),
        id: Ident::new(secret.id),
        description: secret.description.as_str().to_owned(),
        purpose: words::purpose(secret),
        remind: match secret.remind.as_days() {
            0 => "Never".to_owned(),
            1 => "After a day".to_owned(),
            days => format!("After {days} days"),
        },
        created: When::new(secret.created_at, now),
        updated: When::new(secret.updated_at, now),
        used: secret.last_used_at().map(|at| When::new(at, now)),
        uses: words::uses(&secret.uses, &at),
        versions: versions.iter().map(|version| shown(version, now)).collect(),
        edit: own("edit"),
        rotate: secret.is_stored().then(|| own("rotate")),
        handover: secret.is_stored().then(|| own("handover")),
        log: own("log"),
        remove: own("remove"),
    }
}

fn shown(version: &VersionSummary, now: Time) -> VersionShown {
    VersionShown {
        number: version.number,
        state: match version.expires_at {
            None => State::new("In use", Shape::Done, Tone::Ok),
            Some(_) if rules::is_usable(version.expires_at, now) => State::new("Ends", Shape::Half, Tone::Warn),
            Some(_) => State::new("Ended", Shape::Ended, Tone::Idle),
        },
        fingerprint: words::fingerprint(version),
        origin: words::origin(version.origin),
        created: When::new(version.created_at, now),
        ends: version.expires_at.map(|end| When::new(end, now)),
    }
}
