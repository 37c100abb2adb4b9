//! Answers that go on: who listens to them is looked at again and again.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use hyper::body::Bytes;
use sealpost_seal::viewer::Watch;
use sealpost_store::{Ctx, Environment, RequestId};
use tokio::sync::{mpsc, oneshot};

use super::withheld::Guard;
use super::{Inner, Outgoing};
use crate::credential;
use crate::route::RouteInfo;

/// How often it is asked whether whoever listens may still do so. What is believed of them may be 0.7 s old where a change isn't
/// heard of: together that is less than the second within which a stream ends.
const LOOK: Duration = Duration::from_millis(250);
/// The longest a stream goes on; whoever wants more asks again.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// What a stream needs to be looked after: the credential it was opened with, as it was presented.
pub(super) struct Listener {
    pub(super) route: Arc<RouteInfo>,
    pub(super) headers: HeaderMap,
    pub(super) environment: Environment,
    pub(super) peer: IpAddr,
    /// What was opened for whoever listens, and kept from them.
    pub(super) watch: Arc<Watch>,
    pub(super) known: Option<Ctx>,
    pub(super) request: RequestId,
}

impl Inner {
    /// The body that carries `events` for as long as whoever listens is believed and the server runs.
    pub(super) fn watched(self: &Arc<Self>, events: mpsc::Receiver<Bytes>, listener: Listener) -> Outgoing {
        let (ends, end) = oneshot::channel();
        let (caught, catch) = oneshot::channel();
        let guard = Guard::new(listener.watch.clone());
        let inner = self.clone();
        tokio::spawn(async move {
            let mut stopped = inner.stopped.subscribe();
            let caught = tokio::select! {
                () = inner.listens_no_more(&listener, &ends) => false,
                () = tokio::time::sleep(LONGEST) => false,
                _ = stopped.wait_for(|stopped| *stopped) => false,
                Ok(()) = catch => true,
            };
            if caught {
                inner.sound(listener.known.as_ref(), listener.route.path, listener.request).await;
            }
            drop(ends);
        });
        Outgoing::events(events, end, (guard, caught))
    }

    /// Ready once whoever listens went away, or isn't believed any more.
    async fn listens_no_more(&self, listener: &Listener, ends: &oneshot::Sender<()>) {
        loop {
            tokio::time::sleep(LOOK).await;
            if ends.is_closed() || !self.may_listen(listener).await {
                return;
            }
        }
    }

    async fn may_listen(&self, listener: &Listener) -> bool {
        let Ok(Some(presented)) = credential::presented(&listener.headers, listener.environment) else { return false };
        let from_browser = credential::from_browser(&listener.headers);
        match self.authenticator.believes_still(presented, listener.peer, from_browser).await {
            Ok(caller) => {
                let may = caller.permissions.without(caller.barred);
                let permitted = listener.route.permission().is_none_or(|needed| may.contains(needed));
                permitted && listener.route.admits(caller.credential)
            }
            Err(denial) => denial.refusal.code().status >= 500,
        }
    }
}
