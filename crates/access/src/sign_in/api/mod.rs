//! The routes of signing in: pages, and what their forms and script call.

mod email;
mod leave;
mod link;
mod pages;
mod passkey;
mod recovery;

use std::sync::Arc;

use schemars::JsonSchema;
use sealpost_store::Store;
use sealpost_web::Feature;
use serde::Deserialize;

use super::codes;
use crate::mail::Post;
use crate::members::Members;
use crate::passkeys::Passkeys;
use crate::sessions::SessionAuthenticator;

/// What signing in takes.
#[derive(Clone)]
pub struct SignIn {
    house: Store,
    passkeys: Passkeys,
    members: Members,
    post: Post,
    sessions: Arc<SessionAuthenticator>,
    home: &'static str,
}

impl SignIn {
    /// Signing in with these passkeys, or with links that go by this post; whoever did is led to `home`, a path of ours.
    pub fn new(passkeys: Passkeys, post: Post, sessions: Arc<SessionAuthenticator>, home: &'static str) -> Self {
        let house = passkeys.house().clone();
        Self { members: Members::new(house.clone()), house, passkeys, post, sessions, home }
    }
}

/// Where a member registers a passkey.
const ENROL: &str = "/sign-in/passkey";
const HTML: &str = "text/html; charset=utf-8";

/// A form with a button and nothing else.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Button {}

/// What signing in adds to the API.
pub fn feature(sign_in: &SignIn) -> Feature {
    Feature {
        name: "sign-in",
        about: "Where members prove who they are, and where they leave.",
        routes: vec![
            pages::start(sign_in),
            pages::enrol(sign_in),
            pages::style(),
            pages::script(),
            passkey::options(sign_in),
            passkey::enter(sign_in),
            link::ask(sign_in),
            link::enter(sign_in),
            recovery::ask(),
            email::route(sign_in),
            recovery::enter(sign_in),
            recovery::offer(),
            recovery::create(sign_in),
            leave::route(sign_in),
        ],
        codes: codes::ALL,
    }
}
