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
use sealpost_web::{Feature, Listing, Refusal};

use super::{KeyAuthenticator, codes, pages};

/// What the handlers need: where keys are, and who remembers them.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) house: Store,
    keys: Arc<KeyAuthenticator>,
}

impl Api {
    /// Nothing of this process may believe what it remembers of this key, by the time its change is answered.
    pub(super) fn forget(&self, id: ApiKeyId) {
        self.keys.forget(id);
    }
}

/// Where a page of a list begins: behind this key.
pub(super) fn position(listing: &Listing<'_>, cursor: Option<&str>) -> Result<Option<ApiKeyId>, Refusal> {
    let position = listing.position(cursor)?;
    Ok(position.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).map(ApiKeyId::from_bytes))
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
        report_leak::route(api.clone()),
    ];
    let routes = routes.into_iter().chain(pages::routes(&api)).collect();
    Feature {
        name: "keys",
        about: "API keys identify programs. A key is shown once, belongs to one environment, holds scopes, ends by itself, and can \
                be rotated with an overlap or revoked at once.",
        routes,
        codes: codes::ALL,
    }
}
