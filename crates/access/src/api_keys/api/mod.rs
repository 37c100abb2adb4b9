//! The API of API keys.

mod create;
mod fields;
mod find;
mod list;
mod report_leak;
mod revoke;
mod rotate;
mod usage;
mod view;

use std::sync::Arc;

use sealpost_store::{ApiKeyId, Store};
use sealpost_web::Feature;

use super::{KeyAuthenticator, codes};

/// What the handlers need: where keys are, and who remembers them.
#[derive(Clone)]
pub(super) struct Api {
    house: Store,
    keys: Arc<KeyAuthenticator>,
}

impl Api {
    /// Nothing of this process may believe what it remembers of this key, by the time its change is answered.
    fn forget(&self, id: ApiKeyId) {
        self.keys.forget(id);
    }
}

/// Routes of API keys. `keys` is the authenticator of this process, which forgets what changes here.
pub fn feature(house: Store, keys: Arc<KeyAuthenticator>) -> Feature {
    let api = Api { house, keys };
    let routes = vec![
        create::route(api.clone()),
        list::route(api.clone()),
        find::route(api.clone()),
        usage::route(api.clone()),
        rotate::route(api.clone()),
        revoke::route(api.clone()),
        report_leak::route(api),
    ];
    Feature {
        name: "keys",
        about: "API keys identify programs. A key is shown once, belongs to one environment, holds scopes, ends by itself, and can \
                be rotated with an overlap or revoked at once.",
        routes,
        codes: codes::ALL,
    }
}
