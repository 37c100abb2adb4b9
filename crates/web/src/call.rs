//! What a handler receives.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use sealpost_store::{Ctx, Keys, Recorded, Store, StoreError, Tx};
use serde::Serialize;

use crate::app;
use crate::body::Payload;
use crate::caller::Caller;
use crate::idempotency::Once;
use crate::page::Listing;
use crate::problem::{Failure, Fault, NOT_FOUND, Refusal};
use crate::reply::Reply;
use crate::route::RouteInfo;

/// One request that may be served: believed, permitted, within its limits, with a body and query that are what the route says.
pub struct Call<B = (), Q = ()> {
    /// For whom, by whom, seen by whom, when.
    pub ctx: Ctx,
    /// Who calls.
    pub caller: Arc<Caller>,
    /// The body.
    pub body: B,
    /// The query.
    pub query: Q,
    pub(crate) arrived: Arrived,
}

/// A request before its body and query are typed.
pub(crate) struct Arrived {
    pub(crate) route: Arc<RouteInfo>,
    /// In the order of [`RouteInfo::path_params`].
    pub(crate) params: Vec<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) peer: IpAddr,
    pub(crate) payload: Payload,
    pub(crate) once: Option<Once>,
    pub(crate) form: FormPage,
    /// What a page needs, where one is shown to somebody signed in.
    pub(crate) desk: Option<Arc<crate::shell::Desk>>,
}

/// What a page needs to show a form.
#[derive(Default)]
pub(crate) struct FormPage {
    /// Proves that a request comes from this page; empty where no page is shown.
    pub(crate) token: String,
    /// A cookie by which a new visitor is known again.
    pub(crate) visit: Option<HeaderValue>,
}

impl<B, Q> Call<B, Q> {
    /// The body, and the call without it.
    pub fn take_body(self) -> (Call<(), Q>, B) {
        let Self { ctx, caller, body, query, arrived } = self;
        (Call { ctx, caller, body: (), query, arrived }, body)
    }

    /// The path parameter `name` as an id. Text that is no id of this kind answers like an id of nothing: 404.
    pub fn id<I: FromStr>(&self, name: &str) -> Result<I, Refusal> {
        self.param(name).parse().map_err(|_| not_found())
    }

    /// The path parameter `name`, decoded; empty if the route has none of this name.
    pub fn param(&self, name: &str) -> &str {
        let at = self.arrived.route.path_params.iter().position(|param| *param == name);
        at.and_then(|at| self.arrived.params.get(at)).map_or("", String::as_str)
    }

    /// A request header's text, if it is there and ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.arrived.headers.get(name)?.to_str().ok()
    }

    /// From which address it comes. For network rules and coarse, keyed names of networks; must not be kept.
    pub fn peer(&self) -> IpAddr {
        self.arrived.peer
    }

    /// The token that a form on this page carries in its field `_csrf`, and a script in the header `X-CSRF-Token`: it belongs to
    /// this session or, on a page that is open to all, to this visitor.
    pub fn csrf_token(&self) -> &str {
        &self.arrived.form.token
    }

    /// A page that is open to all and shows a form, as it goes out: the visitor must be known again when the form comes back.
    pub fn keep_visit(&self, page: Reply) -> Reply {
        match &self.arrived.form.visit {
            Some(visit) => page.cookie(visit.clone()),
            None => page,
        }
    }

    /// The route being served.
    pub fn route(&self) -> &RouteInfo {
        &self.arrived.route
    }

    /// What makes this request done once, if its client gave it a key. For a handler that makes its change in steps of its own:
    /// it looks for a kept answer first, and keeps its answer in the transaction of the last step.
    pub fn once(&self) -> Option<&Once> {
        self.arrived.once.as_ref()
    }

    /// The context for an answer that [`Call::write`] may keep: seen as by default, whatever this caller may see. It may be asked for
    /// again under a stricter masking policy, and by another key.
    pub fn masked_ctx(&self) -> Ctx {
        Ctx { viewer: self.ctx.viewer.blinded(), ..self.ctx.clone() }
    }

    /// Makes a change and answers, once: with an idempotency key, the answer is kept in the same transaction, and whoever
    /// comes second gets it back. A handler that changes anything does so here.
    pub async fn write<F>(&self, store: &Store, act: F) -> Result<Reply, Failure>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<Recorded<Reply>, Failure> + Send + 'static,
    {
        self.write_or(store, act).await
    }

    /// The same for a handler that fails in a way of its own.
    pub async fn write_or<F, E>(&self, store: &Store, act: F) -> Result<Reply, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<Recorded<Reply>, E> + Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let Some(once) = self.arrived.once.clone() else { return store.write(&self.ctx, act).await };
        // If somebody else was first, this fails, and whoever called the handler finds what was kept.
        store
            .write(&self.ctx, move |tx| {
                let recorded = act(tx)?;
                let ctx = tx.ctx();
                // What doesn't leave is not kept either.
                match ctx.viewer.watch() {
                    Some(watch) if app::leaks(recorded.value(), watch) => once.keep(tx, &app::instead(ctx.request))?,
                    _ => once.keep(tx, recorded.value())?,
                }
                Ok(recorded)
            })
            .await
    }

    /// A list of this route: see [`Listing`]. `filter` is whatever of the query decides which elements are on it.
    pub fn listing<'k>(
        &self,
        keys: &'k Keys,
        filter: &impl Serialize,
        limit: Option<u16>,
    ) -> Result<Listing<'k>, Failure> {
        let filter = serde_json::to_vec(filter).map_err(Fault::new)?;
        Ok(Listing::new(keys.cursor(), self.ctx.org, self.arrived.route.path, &filter, limit)?)
    }
}

/// The one answer for what is absent, somebody else's, or hidden from this caller.
pub fn not_found() -> Refusal {
    Refusal::of(&NOT_FOUND)
}
