//! The first page: what somebody has to do first, then how it is going, then proof.
//!
//! Whoever looks sees what their permissions let them see of it; a card nobody may see is not there.

mod cards;
mod page;
#[cfg(test)]
mod samples;
mod todo;

use std::sync::Arc;

use sealpost_store::Store;
use sealpost_web::Feature;
use sealpost_web::shell::{Group, Icon, Nav};

use crate::endpoints::Endpoints;
use crate::messages::Messages;

/// Where it is found.
pub const NAV: Nav = Nav {
    group: Group::Work,
    place: 0,
    title: "Home",
    path: "",
    icon: Icon::Home,
    key: 'h',
    needs: None,
    only: None,
    ids: &[],
};

/// What the first page is made from; cheap to clone.
#[derive(Clone)]
pub struct Home(Arc<Parts>);

struct Parts {
    store: Store,
    messages: Messages,
    endpoints: Endpoints,
}

impl Home {
    /// On the features it tells of.
    pub fn new(store: Store, messages: Messages, endpoints: Endpoints) -> Self {
        Self(Arc::new(Parts { store, messages, endpoints }))
    }
}

/// What it adds.
pub fn feature(home: &Home) -> Feature {
    Feature {
        name: "home",
        about: "The first page of the dashboard: what has to be done, how it is going, and proof.",
        routes: vec![page::home(home)],
        codes: &[],
    }
}
