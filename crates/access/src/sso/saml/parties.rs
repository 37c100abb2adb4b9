//! Who we are to a provider, and where our pages for a connection are.

use sealpost_saml::{DecryptionKey, ServiceProvider};
use sealpost_store::SsoConnectionId;

/// Addresses of a connection.
pub(super) struct Addresses {
    /// Our name, which is also where our metadata is.
    pub(super) entity_id: String,
    /// Where responses are sent.
    pub(super) acs: String,
}

impl Addresses {
    pub(super) fn of(public_url: &str, id: SsoConnectionId) -> Self {
        let here = format!("{public_url}{}", path(id));
        Self { entity_id: format!("{here}/metadata"), acs: format!("{here}/acs") }
    }

    /// Us, with these keys to open with.
    pub(super) fn service_provider(self, decryption_keys: Vec<DecryptionKey>) -> ServiceProvider {
        ServiceProvider { entity_id: self.entity_id, acs_url: self.acs, decryption_keys }
    }
}

/// Where a browser sends a response on to.
pub(super) fn path(id: SsoConnectionId) -> String {
    format!("/sign-in/saml/{id}")
}
