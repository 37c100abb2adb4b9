//! The dashboard's pages of support access: who is let in, who was, and what came of it; and the one page that is theirs.

mod ask;
mod end;
mod link;
mod list;
#[cfg(test)]
mod samples;
mod session;
mod show;

use sealpost_access::permissions::SUPPORT_READ;
use sealpost_store::Time;
use sealpost_web::Endpoint;
use sealpost_web::shell::parts::{Shape, State, Tone};
use sealpost_web::shell::{Group, Icon, Nav};

use super::api::Api;
use super::model::{Content, Ended, Grant, To};

/// Where it is found.
pub const NAV: Nav = Nav {
    group: Group::Protect,
    place: 3,
    title: "Support access",
    path: "/support",
    icon: Icon::SignIn,
    key: 'g',
    needs: Some(SUPPORT_READ),
    only: None,
    ids: &[("sgr", "/support")],
};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    let ours = vec![list::route(api), ask::form(api), ask::ask(api), show::route(api)];
    let acts = vec![end::form(api), end::end(api), link::form(api), link::make(api)];
    ours.into_iter().chain(acts).chain([session::page(api), session::leave(api)]).collect()
}

/// Who is let in, in words.
fn whom(grant: &Grant, content: &Content) -> String {
    match (grant.to, &content.email) {
        (To::Address, Some(email)) => email.clone(),
        (To::Address, None) => "Somebody outside".to_owned(),
        (To::Member(member), _) => member.to_string(),
        (To::Host, _) => match &content.command {
            Some(command) => format!("The host: {command}"),
            None => "The host".to_owned(),
        },
    }
}

/// Where it stands.
fn sign(grant: &Grant, now: Time) -> State {
    match grant.ended(now) {
        None => State::new("Let in", Shape::Done, Tone::Warn),
        Some((_, Ended::Stopped)) => State::new("Stopped", Shape::Ended, Tone::Idle),
        Some((_, Ended::Left)) => State::new("Left", Shape::Ended, Tone::Idle),
        Some((_, Ended::Expired)) => State::new("Over", Shape::Ended, Tone::Idle),
        Some((_, Ended::BrokenGlass)) => State::new("Glass broken", Shape::Failed, Tone::Bad),
    }
}
