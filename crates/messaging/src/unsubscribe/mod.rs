//! One-click unsubscription (RFC 8058): a person says no, without signing in, and is heard in the same transaction.
//!
//! The link in `List-Unsubscribe` names the message it came with. A `POST` suppresses that message's address on its channel;
//! a `GET`, which mail scanners and browsers make on their own, only shows a page with a button.

mod api;

pub use api::feature;

use sealpost_seal::Key;
use sealpost_store::{MessageId, Org, Store};

use crate::link::Link;

/// Makes and reads unsubscribe links.
#[derive(Clone)]
pub struct Unsubscribe {
    key: std::sync::Arc<Key>,
    base: std::sync::Arc<str>,
}

impl Unsubscribe {
    /// Links under `public_url`, authenticated by this installation.
    pub fn new(store: &Store, public_url: &str) -> Self {
        let key = store.keys().pepper().derive("unsubscribe", &[]);
        Self { key: key.into(), base: public_url.trim_end_matches('/').into() }
    }

    /// The link for one message: under `base`, or under this installation's own address.
    pub fn link(&self, org: Org, message: MessageId, base: Option<&str>) -> String {
        let base = base.map_or(&*self.base, |base| base.trim_end_matches('/'));
        format!("{base}/u/{}", Link { org, id: message.bytes() }.seal(&self.key))
    }

    fn open(&self, token: &str) -> Option<Link> {
        Link::open(&self.key, token)
    }
}
