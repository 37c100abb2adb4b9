//! The API of passkeys: one file for each operation.

pub(crate) mod body;
mod list;
mod prove;
mod register;
mod remove;

use std::sync::Arc;

use sealpost_web::Feature;

use super::{Passkeys, codes};
use crate::members::Members;
use crate::sessions::SessionAuthenticator;

/// What the handlers need.
#[derive(Clone)]
pub(super) struct Api {
    passkeys: Passkeys,
    members: Members,
    sessions: Arc<SessionAuthenticator>,
}

/// Routes of a member's own passkeys.
pub fn feature(passkeys: Passkeys, members: Members, sessions: Arc<SessionAuthenticator>) -> Feature {
    let api = Api { passkeys, members, sessions };
    Feature {
        name: "passkeys",
        about: "How members prove who they are: WebAuthn credentials with user verification. A browser's script does these calls; \
                bytes are base64url without padding.",
        routes: vec![
            list::route(api.clone()),
            register::options(api.clone()),
            register::route(api.clone()),
            remove::route(api.clone()),
            prove::options(api.clone()),
            prove::route(api),
        ],
        codes: codes::ALL,
    }
}
