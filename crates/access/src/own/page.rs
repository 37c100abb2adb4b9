//! `GET /app/{env}/you`

use askama::Template;
use sealpost_seal::Purpose;
use sealpost_store::{MemberId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Field, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found};

use super::Own;
use crate::passkeys::Passkey;
use crate::sessions::{self, Row, SessionRow};

/// Sessions on the page: nobody is signed in more often.
const SESSIONS: u32 = 250;

/// The page.
#[derive(Template)]
#[template(path = "own/page.html")]
pub(super) struct OwnPage {
    pub(super) rename: String,
    pub(super) csrf: String,
    pub(super) once: String,
    pub(super) name: Field,
    pub(super) passkeys: Vec<PasskeyLine>,
    pub(super) sessions: Vec<Row>,
}

/// One passkey.
pub(super) struct PasskeyLine {
    device: String,
    copied: &'static str,
    created: When,
    used: Option<When>,
    remove: Option<String>,
}

impl PasskeyLine {
    /// With what removes it, if it isn't the only one.
    pub(super) fn of(passkey: &Passkey, remove: Option<String>, now: Time) -> Self {
        Self {
            device: device(passkey),
            copied: match (passkey.backup_eligible, passkey.backed_up) {
                (_, true) => "copied to other devices",
                (true, false) => "can be copied",
                (false, false) => "on this device alone",
            },
            created: When::new(passkey.created_at, now),
            used: passkey.used_at.map(|at| When::new(at, now)),
            remove,
        }
    }
}

/// Where a passkey was made.
pub(super) fn device(passkey: &Passkey) -> String {
    match (passkey.agent.browser(), passkey.agent.system()) {
        ("other", "other") => "A browser we don’t know".to_owned(),
        (browser, "other") => browser.to_owned(),
        ("other", system) => system.to_owned(),
        (browser, system) => format!("{browser} on {system}"),
    }
}

pub(super) fn route(own: &Own) -> Endpoint {
    let own = own.clone();
    get("/app/{env}/you")
        .signed_in("it is about nobody but the member")
        .page()
        .class(Class::Read)
        .summary("What you are called, your passkeys, and where you are signed in")
        .to(move |call| show(own.clone(), call))
}

async fn show(own: Own, call: Call) -> Result<Reply, Failure> {
    let page = page(&own, &call, None).await?;
    call.show("You", &page)
}

/// The page; what was wrong with the name, if it comes from there.
pub(super) async fn page<B, Q>(own: &Own, call: &Call<B, Q>, wrong: Option<String>) -> Result<OwnPage, Failure> {
    let (ctx, now, id) = (&call.ctx, call.ctx.now(), MemberId::from_bytes(call.ctx.actor.id));
    let member = own.members.find(ctx, id).await?.ok_or_else(not_found)?;
    let name = member.name.map(|name| name.expose(Purpose::Colleague).clone()).unwrap_or_default();
    let passkeys = own.passkeys.own(ctx).await?;
    let can_go = passkeys.len() > 1;
    let line = |passkey: &Passkey| {
        let remove = can_go.then(|| call.at(&format!("/you/passkeys/{}/remove", passkey.id)));
        PasskeyLine::of(passkey, remove, now)
    };
    let found = own.members.house().read(ctx, move |tx| sessions::list(tx, Some(id), None, SESSIONS)).await?;
    let current = call.caller.session.map(|session| session.id);
    let row = |session: SessionRow| {
        let revoke = call.at(&format!("/you/sessions/{}/revoke", session.id));
        Row::of(&session, current, None, revoke, now)
    };
    Ok(OwnPage {
        rename: call.at("/you/name"),
        csrf: call.csrf_token().to_owned(),
        once: call.once_token(),
        name: Field::new("name", "Name").value(name).hint("What colleagues see.").wrong(wrong),
        passkeys: passkeys.iter().map(line).collect(),
        sessions: found.into_iter().map(row).collect(),
    })
}
