//! Signing in by the organisation's own service: OpenID Connect and SAML.
//!
//! A [`Connection`] is one such service. Whoever comes by it leaves with a [`Pending`] sign-in and comes back with what the service
//! [`Vouched`] for; [`arrive`] decides which member that is, and begins their session. Everything that is the protocol's own is in
//! [`oidc`] and [`saml`].
//!
//! * Nobody is anybody by their address alone: a member is known by (connection, issuer, subject), and is linked once, by an address
//!   that the service has verified and that somebody here invited ([`arrive`]).
//! * No service brings an owner in: they sign in with a passkey, also when everybody else has to come by a service ([`expect`]), so that
//!   a service that fails or lies takes nobody's organisation.
//! * A domain is an organisation's own once its DNS says so ([`domains`]): then its addresses are led to the connection, and may
//!   make new members where the connection says as what.

mod api;
mod arrival;
pub mod codes;
mod credentials;
mod domains;
mod model;
mod oidc;
mod pages;
mod pending;
mod policy;
mod reseal;
mod rules;
mod saml;
mod service;
mod sign_in;
mod store;
#[cfg(test)]
mod tests;
mod upkeep;

use std::sync::Arc;

use sealpost_egress::client::Client;
use sealpost_egress::text::TextResolver;
use sealpost_store::Store;

pub use api::feature;
pub(crate) use arrival::{Browser, Spent, Vouched, arrive, refuse};
pub(crate) use credentials::{ConnectionCredential, credentials};
pub(crate) use domains::shown;
pub use model::{Connection, GroupRole, Kind};
pub use pages::NAV;
pub(crate) use pending::Pending;
pub(crate) use policy::expect;
pub use policy::{Standing, standing};
pub(crate) use reseal::reseal;
pub(crate) use service::{New, create, set_settings};
pub use upkeep::forget_spent;

use crate::members::Members;
use crate::sessions::SessionAuthenticator;

/// What signing in by a service takes. Cheap to clone.
#[derive(Clone)]
pub struct Sso {
    pub(crate) house: Store,
    pub(crate) members: Members,
    pub(crate) client: Client,
    pub(crate) text: Arc<dyn TextResolver>,
    pub(crate) public_url: Arc<str>,
    pub(crate) home: &'static str,
    pub(crate) sessions: Arc<SessionAuthenticator>,
    providers: oidc::Providers,
}

impl Sso {
    /// Signing in at the server that the outside knows as `public_url`; services are asked by `client`, domains by `text`; whoever
    /// has signed in is led to `home`, a path of ours.
    pub fn new(
        members: Members,
        (client, text): (Client, Arc<dyn TextResolver>),
        sessions: Arc<SessionAuthenticator>,
        public_url: &str,
        home: &'static str,
    ) -> Self {
        let house = members.house().clone();
        let public_url = public_url.trim_end_matches('/').into();
        Self { house, members, client, text, public_url, home, sessions, providers: oidc::Providers::default() }
    }
}
