//! Links that are shown once, and sent to whom they are for.

use std::sync::{Arc, OnceLock};

use sealpost_seal::Personal;
use sealpost_store::{Ctx, Environment, Org};
use zeroize::Zeroizing;

use super::invite::Invited;
use crate::mail::{self, Post};

/// A link that is shown in one answer, and remembered until that is on its way. A repeated request shows and sends nothing.
#[derive(Clone)]
pub(super) struct Shown {
    post: Post,
    url: Arc<OnceLock<Zeroizing<String>>>,
}

impl Shown {
    /// A link that goes by this post.
    pub(super) fn by(post: &Post) -> Self {
        Self { post: post.clone(), url: Arc::default() }
    }

    /// The link as it is shown.
    pub(super) fn link(&self, invited: &Invited) -> String {
        let link = invited.link.url(self.post.public_url());
        // Made once: the transaction isn't run again.
        let _ = self.url.set(Zeroizing::new(link.clone()));
        link
    }

    /// Sends it, if it was shown.
    pub(super) fn send(&self, ctx: &Ctx, to: Option<Personal<String>>) {
        if let (Some(to), Some(url)) = (to, self.url.get()) {
            let live = Org { environment: Environment::Live, ..ctx.org };
            self.post.send(&Ctx { org: live, ..ctx.clone() }, to, mail::invitation(url));
        }
    }
}
