//! Whatever is presented, decided by who knows its kind.

use std::net::IpAddr;
use std::sync::Arc;

use sealpost_web::{Authenticator, BoxFuture, Caller, Code, Denial, Presented, Via};

use crate::api_keys::KeyAuthenticator;
use crate::scim::ScimAuthenticator;
use crate::sessions::SessionAuthenticator;

/// Believes keys, sessions and tokens of directories.
pub struct Credentials {
    keys: Arc<KeyAuthenticator>,
    sessions: Arc<SessionAuthenticator>,
    directories: Arc<ScimAuthenticator>,
    codes: &'static [&'static Code],
}

impl Credentials {
    /// Keys, sessions and tokens of directories, each decided by its own.
    pub fn new(
        keys: Arc<KeyAuthenticator>,
        sessions: Arc<SessionAuthenticator>,
        directories: Arc<ScimAuthenticator>,
    ) -> Arc<Self> {
        let codes = [keys.codes(), sessions.codes(), directories.codes()].concat();
        // One for each process, which lives as long.
        Arc::new(Self { keys, sessions, directories, codes: codes.leak() })
    }
}

impl Authenticator for Credentials {
    fn authenticate<'a>(
        &'a self,
        presented: Presented<'a>,
        peer: IpAddr,
        from_browser: bool,
    ) -> BoxFuture<'a, Result<Arc<Caller>, Denial>> {
        match presented.via {
            Via::Session => self.sessions.authenticate(presented, peer, from_browser),
            Via::Bearer if ScimAuthenticator::knows(presented.text) => {
                self.directories.authenticate(presented, peer, from_browser)
            }
            Via::Bearer | Via::ApiKey | Via::PublishableKey => self.keys.authenticate(presented, peer, from_browser),
        }
    }

    fn believes_still<'a>(
        &'a self,
        presented: Presented<'a>,
        peer: IpAddr,
        from_browser: bool,
    ) -> BoxFuture<'a, Result<Arc<Caller>, Denial>> {
        match presented.via {
            Via::Session => self.sessions.believes_still(presented, peer, from_browser),
            Via::Bearer if ScimAuthenticator::knows(presented.text) => {
                self.directories.believes_still(presented, peer, from_browser)
            }
            Via::Bearer | Via::ApiKey | Via::PublishableKey => self.keys.believes_still(presented, peer, from_browser),
        }
    }

    fn codes(&self) -> &'static [&'static Code] {
        self.codes
    }
}
