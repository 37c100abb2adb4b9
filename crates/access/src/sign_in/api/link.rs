//! `GET /sign-in/{link}`, `POST /sign-in/{link}`

use sealpost_web::{Call, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use super::{Button, ENROL, HTML, SignIn};
use crate::links;
use crate::sessions::Agent;
use crate::sign_in::{assets, codes};

pub(super) fn ask(sign_in: &SignIn) -> Endpoint {
    let house = sign_in.house.clone();
    get("/sign-in/{link}")
        .open_to_all("whoever signs in has no session yet; the link is theirs")
        .summary("Ask whether to use a one-time link")
        .describe("Changes nothing: mail scanners follow links.")
        .answers_with(200, HTML)
        .refuses(&[&codes::LINK_SPENT])
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                match links::is_good(&house, call.param("link")).await? {
                    true => Ok(call.keep_visit(assets::link(call.csrf_token()))),
                    false => Ok(assets::spent()),
                }
            }
        })
}

pub(super) fn enter(sign_in: &SignIn) -> Endpoint {
    let sign_in = sign_in.clone();
    post("/sign-in/{link}")
        .open_to_all("whoever signs in has no session yet; the link is theirs")
        .own_page()
        .acts("session.create")
        .summary("Sign in with a one-time link")
        .describe("Uses the link up. The browser gets the session’s cookie and is led on.")
        .takes_form::<Button>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&codes::LINK_SPENT, &codes::SSO_REQUIRED])
        .to(move |call: Call<Button>| follow(sign_in.clone(), call))
}

async fn follow(sign_in: SignIn, call: Call<Button>) -> Result<Reply, Failure> {
    let agent = Agent::of(call.header("user-agent"));
    let followed = links::follow(&sign_in.house, call.param("link"), call.peer(), agent, call.ctx.request).await;
    match followed {
        Ok(followed) => {
            let next = if followed.method.is_confined() { ENROL } else { sign_in.home };
            Ok(Reply::see_other(next).begin_session(followed.session.token.expose()))
        }
        Err(Failure::Refused(refusal)) if refusal.code() == &codes::LINK_SPENT => Ok(assets::spent()),
        Err(failure) => Err(failure),
    }
}
