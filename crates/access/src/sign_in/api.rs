//! `GET /sign-in`, `GET /sign-in/{link}`, `POST /sign-in/{link}`, `POST /sign-out`

use std::sync::Arc;

use schemars::JsonSchema;
use sealpost_store::{SessionId, Store};
use sealpost_web::{Call, Class, Endpoint, Failure, Feature, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::{assets, codes, link};
use crate::sessions::{self, Agent, Ended, SessionAuthenticator};

/// What signing in takes.
#[derive(Clone)]
pub struct SignIn {
    house: Store,
    sessions: Arc<SessionAuthenticator>,
    home: &'static str,
}

impl SignIn {
    /// Signing in to this house; whoever did is led to `home`, a path of ours.
    pub fn new(house: Store, sessions: Arc<SessionAuthenticator>, home: &'static str) -> Self {
        Self { house, sessions, home }
    }
}

/// A form with a button and nothing else.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Button {}

/// What signing in adds to the API.
pub fn feature(sign_in: &SignIn) -> Feature {
    Feature {
        name: "sign-in",
        about: "Where members prove who they are, and where they leave.",
        routes: vec![start(), style(), ask(sign_in), enter(sign_in), leave(sign_in)],
        codes: codes::ALL,
    }
}

fn start() -> Endpoint {
    get("/sign-in")
        .open_to_all("whoever signs in has no session yet")
        .summary("Show how to sign in")
        .answers_with(200, "text/html; charset=utf-8")
        .to(|call: Call| async move { Ok(call.keep_visit(assets::start())) })
}

fn style() -> Endpoint {
    get("/sign-in/sign-in.css")
        .open_to_all("a style sheet holds no data")
        .summary("The style sheet of the sign-in pages")
        .answers_with(200, "text/css")
        .to(|_: Call| async { Ok(Reply::bytes("text/css", assets::STYLE.as_bytes())) })
}

fn ask(sign_in: &SignIn) -> Endpoint {
    let house = sign_in.house.clone();
    get("/sign-in/{link}")
        .open_to_all("whoever signs in has no session yet; the link is theirs")
        .summary("Ask whether to use a one-time link")
        .describe("Changes nothing: mail scanners follow links.")
        .answers_with(200, "text/html; charset=utf-8")
        .refuses(&[&codes::LINK_SPENT])
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                match link::is_good(&house, call.param("link")).await? {
                    true => Ok(call.keep_visit(assets::link(call.csrf_token()))),
                    false => Ok(assets::spent()),
                }
            }
        })
}

fn enter(sign_in: &SignIn) -> Endpoint {
    let sign_in = sign_in.clone();
    post("/sign-in/{link}")
        .open_to_all("whoever signs in has no session yet; the link is theirs")
        .own_page()
        .acts("session.create")
        .summary("Sign in with a one-time link")
        .describe("Uses the link up. The browser gets the session's cookie and is led to the first page.")
        .takes_form::<Button>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&codes::LINK_SPENT])
        .to(move |call: Call<Button>| follow(sign_in.clone(), call))
}

async fn follow(sign_in: SignIn, call: Call<Button>) -> Result<Reply, Failure> {
    let agent = Agent::of(call.header("user-agent"));
    let followed = link::follow(&sign_in.house, call.param("link"), call.peer(), agent, call.ctx.request).await;
    match followed {
        Ok(followed) => Ok(Reply::see_other(sign_in.home).begin_session(followed.session.token.expose())),
        Err(Failure::Refused(refusal)) if refusal.code() == &codes::LINK_SPENT => Ok(assets::spent()),
        Err(failure) => Err(failure),
    }
}

fn leave(sign_in: &SignIn) -> Endpoint {
    let sign_in = sign_in.clone();
    post("/sign-out")
        .signed_in("whoever is signed in may sign out")
        .class(Class::Write)
        .acts("session.revoke")
        .summary("Sign out")
        .describe("Ends this session, and has the browser forget its cookie.")
        .takes_form::<Button>()
        .example(json!({}))
        .answers_with(303, "")
        .to(move |call: Call<Button>| sign_out(sign_in.clone(), call))
}

async fn sign_out(sign_in: SignIn, call: Call<Button>) -> Result<Reply, Failure> {
    let session = call.caller.session.ok_or_else(sealpost_web::not_found)?;
    let id = SessionId::from_bytes(session.id);
    sign_in.house.write(&call.ctx, move |tx| sessions::end(tx, id, Ended::SignedOut)).await?;
    sign_in.sessions.forget();
    Ok(Reply::see_other("/sign-in").end_session())
}
