//! A member's own page: what they are called, their passkeys, where they are signed in. It is about nobody but them, so it needs no
//! permission.

mod name;
mod page;
mod passkeys;
#[cfg(test)]
mod samples;
mod sessions;

use std::sync::Arc;

use sealpost_web::Feature;
use sealpost_web::shell::{Group, Icon, Nav};

use crate::members::Members;
use crate::passkeys::Passkeys;
use crate::sessions::SessionAuthenticator;

/// Where it is found.
pub const NAV: Nav = Nav {
    group: Group::Organisation,
    place: 9,
    title: "You",
    path: "/you",
    icon: Icon::Person,
    key: 'y',
    needs: None,
    only: None,
    ids: &[],
};

/// What the pages need.
#[derive(Clone)]
struct Own {
    members: Members,
    passkeys: Passkeys,
    sessions: Arc<SessionAuthenticator>,
}

/// The page, and what is done on it.
pub fn feature(members: Members, passkeys: Passkeys, sessions: Arc<SessionAuthenticator>) -> Feature {
    let own = Own { members, passkeys, sessions };
    Feature {
        name: "you",
        about: "A member's own page.",
        routes: vec![
            page::route(&own),
            name::route(&own),
            passkeys::ask(&own),
            passkeys::route(&own),
            sessions::ask(&own),
            sessions::route(&own),
        ],
        codes: &[],
    }
}
