//! The API of sessions: one file for each operation.

mod list;
mod own;
mod revoke;
mod view;

use std::sync::Arc;

use sealpost_store::Store;
use sealpost_web::Feature;

use super::{SessionAuthenticator, codes, pages};

/// What the handlers need: where sessions are, and who remembers them.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) house: Store,
    pub(super) sessions: Arc<SessionAuthenticator>,
}

/// Routes of sessions. `sessions` is the authenticator of this process, which forgets what changes here.
pub fn feature(house: Store, sessions: Arc<SessionAuthenticator>) -> Feature {
    let api = Api { house, sessions };
    Feature {
        name: "sessions",
        about: "Members who are signed in. A session ends after an hour without a request and after a day at all, or earlier if a role \
                says so; whoever may see it may end it.",
        routes: vec![
            own::route(),
            list::own(api.clone()),
            list::all(api.clone()),
            revoke::own(api.clone()),
            revoke::any(api.clone()),
        ]
        .into_iter()
        .chain(pages::routes(&api))
        .collect(),
        codes: codes::ALL,
    }
}
