//! One request, from its headers to its answer.

mod answer;
mod dressed;
mod outgoing;
mod paths;
mod receive;
mod registry;
mod streams;
mod traffic;
mod unwind;
mod withheld;

pub use outgoing::Outgoing;
pub(crate) use paths::Paths;
pub use registry::{Registry, RegistryError, SecurityTxt, WebConfig};
pub use withheld::Alarm;

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use http::request::Parts;
use hyper::body::{Body, Bytes};
use sealpost_seal::viewer::Watch;
use sealpost_store::trace::{self, Attribute, Open};
use sealpost_store::{Ctx, Environment, Leaf, RequestId, Store, Time, of_any_kind};

use crate::body::{Payload, Takes};
use crate::browser::{self, Bearer, CSRF_HEADER, Csrf, VISIT_COOKIE, cookie, from_own_page, may_read};
use crate::call::{Arrived, FormPage};
use crate::caller::{Authenticator, Caller, FRESH_PROOF_MS, Session};
use crate::credential;
use crate::dialect::Dialect;
use crate::idempotency::{Guard, InFlight, Once, key};
use crate::limits::{Allowance, Limits};
use crate::preview::{self, Preview, Previewed};
use crate::problem::{self, Failure, Refusal};
use crate::proxies::Unsaid;
use crate::reply::Reply;
use crate::route::{Callers, Endpoint, RouteInfo, is_for_browsers};
use crate::shell;
use crate::support;

pub(crate) use answer::{Response, secure};
use dressed::Visitor;
use paths::{Found, NotFound};
use streams::Listener;
use traffic::Traffic;
pub(crate) use withheld::{instead, leaks};

/// The whole API as one function from request to answer. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub(crate) struct Inner {
    paths: Paths,
    entries: Vec<Entry>,
    authenticator: Arc<dyn Authenticator>,
    store: Store,
    limits: Limits,
    in_flight: InFlight,
    anonymous: Arc<Caller>,
    csrf: Csrf,
    dashboard: Option<Arc<shell::Ready>>,
    /// Told when streams have to end.
    stopped: tokio::sync::watch::Sender<bool>,
    config: WebConfig,
    traffic: Traffic,
    /// How refusals look below paths of other standards.
    dialects: Vec<&'static Dialect>,
}

/// The path parameter that says for which environment a page is.
pub(crate) const ENVIRONMENT: &str = "env";
/// The header in which a session says so elsewhere; `test` unless it does.
const ENVIRONMENT_HEADER: &str = "sealpost-environment";

/// A route ready to be served.
pub(crate) struct Entry {
    info: Arc<RouteInfo>,
    endpoint: Endpoint,
}

/// What is known about a request while it is being served.
struct Trail {
    request: RequestId,
    now: Time,
    entry: Option<usize>,
    allowance: Option<Allowance>,
    /// In whose ledger a denial or a panic belongs, once that is known.
    known: Option<Ctx>,
    /// Who asks where pages are, if it is there.
    visitor: Option<Visitor>,
    /// What a program asked with whose answer comes piece by piece, to be believed meanwhile.
    listening: Option<http::HeaderMap>,
    /// For which environment, once that is known.
    environment: Environment,
    /// How refusals look here, if not as problem details.
    dialect: Option<&'static Dialect>,
    /// What was opened for whoever asks, and kept from them.
    watch: Arc<Watch>,
    /// As which role they look at a page, if not as their own.
    preview: Option<Preview>,
    /// Whether whoever was let in to help tried what their grant doesn't reach.
    strays: bool,
}

impl Trail {
    /// Whom the forms on this page belong to.
    fn bearer(&self, session: &Session) -> Bearer<'static> {
        if self.preview.is_some() { Bearer::Preview(session.id) } else { Bearer::Session(session.id) }
    }
}

impl App {
    /// Serves one request that `peer` sent, for itself or as a proxy of ours. Never fails, never panics: whatever happens, there is
    /// an answer.
    pub async fn respond<B>(&self, request: Request<B>, peer: IpAddr) -> Response
    where
        B: Body<Data = Bytes> + Send + Unpin,
    {
        let inner = &self.0;
        let started = inner.traffic.begin();
        let world = inner.store.world();
        let (mut parts, mut body) = request.into_parts();
        inner.config.hosts.lead(&mut parts);
        let visitor = is_for_browsers(parts.uri.path()).then(|| Visitor {
            headers: parts.headers.clone(),
            known: None,
            shut_out: None,
        });
        let mut trail = Trail {
            request: RequestId::new(world),
            now: world.clock.now(),
            entry: None,
            allowance: None,
            known: None,
            visitor,
            listening: None,
            environment: Environment::Test,
            dialect: inner.dialects.iter().copied().find(|dialect| dialect.holds(parts.uri.path())),
            watch: Arc::default(),
            preview: None,
            strays: false,
        };
        let method = parts.method.clone();
        let client = inner.config.proxies.client(peer, &parts.headers);
        // What nobody said is counted against whoever brought it.
        let peer = client.unwrap_or(peer);
        let solicited = receive::waits_to_be_asked(&parts.headers);
        let mut span = Open::request(caller_trace(&parts.headers));
        let outcome = match span.around(unwind::catch(inner.serve(parts, &mut body, client, &mut trail))).await {
            Ok(outcome) => outcome,
            Err(unwind::Panicked) => Err(inner.panicked(&trail).await),
        };
        let reusable = body.is_end_stream() || (!solicited && receive::drain(&mut body).await);
        let allowance = *trail.allowance.get_or_insert_with(|| inner.limits.take_from_peer(peer, trail.now));
        if let Err(Failure::Refused(refusal)) = &outcome {
            inner.record_denial(&trail, refusal).await;
        }
        let outcome = match outcome {
            Err(failure) => inner.dressed(failure, &trail).await,
            answered => answered,
        };
        let mut reply = inner.reply(inner.let_out(outcome, &trail), &trail);
        if let Some(preview) = &trail.preview {
            reply.lead_on(|location| preview.led(location));
        }
        let reply = inner.withhold(reply, &trail).await;
        let asked_with = trail.visitor.take().map(|visitor| visitor.headers).or_else(|| trail.listening.take());
        let listener = asked_with.zip(trail.entry).map(|(headers, at)| Listener {
            route: inner.entries[at].info.clone(),
            headers,
            environment: trail.environment,
            peer,
            watch: trail.watch.clone(),
            known: trail.known.clone(),
            request: trail.request,
        });
        let response = inner.answer(reply, &trail, &allowance, reusable, listener);
        if let Some(at) = trail.entry {
            span.say(Attribute::Method(method_word(&method)));
            span.say(Attribute::Route(inner.entries[at].info.path));
        }
        span.ended(Attribute::Status(response.status().as_u16()), response.status().is_server_error());
        inner.traffic.end(started, &inner.entries, trail.entry, &method, response.status(), trail.request);
        response
    }

    /// Ends every answer that still goes on.
    pub(crate) fn end_streams(&self) {
        // Nobody listens if nothing is streamed.
        self.0.stopped.send_replace(true);
    }

    /// What this process has served so far, for the metrics page.
    pub fn metrics(&self) -> Arc<dyn crate::metrics::Metric> {
        Arc::new(self.clone())
    }
}

/// For which environment a request is, if it is a session's.
fn environment(info: &RouteInfo, params: &[String], headers: &http::HeaderMap) -> Result<Environment, Refusal> {
    if info.is_open() {
        return Ok(Environment::Test);
    }
    if let Some(at) = info.path_params.iter().position(|name| *name == ENVIRONMENT) {
        let named = params.get(at).and_then(|name| name.parse().ok());
        return named.ok_or_else(crate::call::not_found);
    }
    match headers.get(ENVIRONMENT_HEADER) {
        None => Ok(Environment::Test),
        Some(name) => {
            let named = name.to_str().ok().and_then(|name| name.parse().ok());
            named.ok_or_else(|| Refusal::of(&problem::ENVIRONMENT_INVALID))
        }
    }
}

/// Where in the caller's own trace it asks us, if it says so.
fn caller_trace(headers: &http::HeaderMap) -> Option<trace::TraceContext> {
    trace::parse(headers.get("traceparent")?.to_str().ok()?)
}

/// The method as a literal: what a client sent as one may be any text.
fn method_word(method: &http::Method) -> &'static str {
    const KNOWN: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}

impl crate::metrics::Metric for App {
    fn write(&self, out: &mut String) {
        self.0.traffic.write(&self.0.entries, out);
    }
}

impl Inner {
    async fn serve<B>(
        &self,
        parts: Parts,
        body: &mut B,
        client: Result<IpAddr, Unsaid>,
        trail: &mut Trail,
    ) -> Result<Reply, Failure>
    where
        B: Body<Data = Bytes> + Send + Unpin,
    {
        receive::within_caps(&parts)?;
        let peer = client.map_err(|_| &problem::FORWARDED_INVALID)?;
        let Found { entry: at, params } = self.find(&parts)?;
        trail.entry = Some(at);
        let entry = &self.entries[at];
        let query = parts.uri.query().unwrap_or_default();
        if !query.is_empty() {
            credential::none_in(query)?;
        }
        let environment = environment(&entry.info, &params, &parts.headers)?;
        trail.environment = environment;
        let (query, wanted) = if preview::shows(&entry.info) { preview::split(query) } else { (query.into(), None) };
        let own = (parts.uri.path(), &*query);
        let caller = self.admit(entry, &parts.headers, environment, peer, (own, wanted), trail).await?;
        self.expect_reach(&entry.info, &caller, &params, trail).await?;
        let payload = receive::payload(&entry.info, &self.config, &parts.headers, body).await?;
        self.expect_csrf_token(&entry.info, &caller, &parts.headers, &payload)?;
        let ctx = self.ctx(&caller, trail);
        let once = self.once(&entry.info, &caller, &parts, &payload).await?;
        let _guard = self.enter(&caller, once.as_ref())?;
        let kept = once.clone();
        let form = self.form(&entry.info, &caller, &parts.headers, trail)?;
        let desk = self.desk(&entry.info, &ctx, &caller, &form, &parts.headers, trail).await?;
        if trail.visitor.is_none() && entry.info.class == Some(crate::Class::Whole) {
            trail.listening = Some(parts.headers.clone());
        }
        let arrived =
            Arrived { route: entry.info.clone(), params, headers: parts.headers, peer, payload, once, form, desk };
        let answer = (entry.endpoint.handle)(ctx, caller.clone(), arrived, &query)?.await;
        match (answer, kept) {
            (Err(failure), Some(once)) => {
                // It may have been done already, and fail only because of that.
                let kept = self.store.peek(&self.ctx(&caller, trail), move |tx| once.find(tx)).await?;
                kept.ok_or(failure)
            }
            (answer, _) => answer,
        }
    }

    /// What a page's handler needs, if somebody signed in looks at one.
    async fn desk(
        &self,
        info: &RouteInfo,
        ctx: &Ctx,
        caller: &Caller,
        form: &FormPage,
        headers: &http::HeaderMap,
        trail: &Trail,
    ) -> Result<Option<Arc<shell::Desk>>, Failure> {
        let shows_pages = info.page || info.takes == Takes::Form;
        match &self.dashboard {
            Some(dashboard) if shows_pages && caller.session.is_some() => {
                let desk = dashboard.desk(ctx, caller, &form.token, headers).await?;
                Ok(Some(Arc::new(desk.previewing(trail.preview.clone()))))
            }
            _ => Ok(None),
        }
    }

    fn find(&self, parts: &Parts) -> Result<Found, Refusal> {
        self.paths.find(&parts.method, parts.uri.path()).map_err(|not_found| match not_found {
            NotFound::Path => crate::call::not_found(),
            NotFound::Method(allow) => Refusal::of(&problem::METHOD_NOT_ALLOWED).member("allow", allow),
        })
    }

    /// Credential, limit, kind of credential, where it comes from, permission: in this order, so that nobody gets to try permissions
    /// without limit.
    async fn admit(
        &self,
        entry: &Entry,
        headers: &http::HeaderMap,
        environment: Environment,
        peer: IpAddr,
        preview: ((&str, &str), Option<&str>),
        trail: &mut Trail,
    ) -> Result<Arc<Caller>, Failure> {
        if entry.info.is_open() {
            self.limit(trail, self.limits.take_from_peer(peer, trail.now))?;
            if entry.info.is_for_own_pages() {
                from_own_page(headers, &self.config.origin)?;
            }
            return Ok(self.anonymous.clone());
        }
        let caller = match self.authenticate(&entry.info, headers, environment, peer, trail).await {
            Ok(caller) => caller,
            Err(refusal) if refusal.code().status >= 500 => return Err(refusal.into()),
            Err(refusal) => {
                self.traffic.refused_credential();
                self.limit(trail, self.limits.take_from_peer(peer, trail.now))?;
                return Err(refusal.into());
            }
        };
        trail.known = Some(self.ctx(&caller, trail));
        if let Some(visitor) = &mut trail.visitor {
            visitor.known = Some(caller.clone());
        }
        let class = entry.info.class.unwrap_or(crate::Class::Write);
        self.limit(trail, self.limits.take(&caller, class, self.store.world().clock.now()))?;
        if !entry.info.admits(caller.credential) {
            let code = match entry.info.callers {
                Callers::Session => &problem::SESSION_REQUIRED,
                Callers::Directory => &problem::DIRECTORY_TOKEN_REQUIRED,
                Callers::AnyKey | Callers::SecretKey => &problem::SECRET_KEY_REQUIRED,
            };
            return Err(Refusal::of(code).into());
        }
        if let Some(session) = &caller.session {
            match entry.info.is_unsafe() {
                true => from_own_page(headers, &self.config.origin)?,
                false => may_read(headers)?,
            }
            if session.confined && entry.info.permission().is_some() {
                return Err(Refusal::of(&problem::PASSKEY_REQUIRED).into());
            }
        }
        let caller = match preview {
            (own, Some(role)) => self.previewed(&entry.info, &caller, own, role, trail).await?,
            (_, None) => caller,
        };
        if let Some(permission) = entry.info.permission()
            && !caller.permissions.contains(permission)
        {
            return Err(Refusal::of(&problem::PERMISSION_MISSING)
                .member("required_permission", permission.name())
                .into());
        }
        if entry.info.permission().is_some_and(|permission| caller.barred.contains(permission)) {
            return Err(Refusal::of(&problem::NETWORK_NOT_ADMITTED).member("list", "admin").into());
        }
        // Last: nobody is asked for a proof of what would be refused anyway.
        if let Some(session) = &caller.session {
            self.expect_proof(&entry.info, session)?;
        }
        Ok(caller)
    }

    /// Holds whoever was let in to help to their grant, and puts on record that they look before anything of it leaves.
    async fn expect_reach(
        &self,
        info: &RouteInfo,
        caller: &Caller,
        params: &[String],
        trail: &mut Trail,
    ) -> Result<(), Failure> {
        let Some(support) = &caller.support else { return Ok(()) };
        let here = trail.environment == caller.org.environment;
        support::expect(info, support, params, here).inspect_err(|_| trail.strays = true)?;
        if info.for_support {
            return Ok(());
        }
        let leaf = Leaf::of("support.look").because(info.feature);
        let leaf = match params.iter().find_map(|param| of_any_kind(param)) {
            Some((kind, id)) => leaf.on(kind, id),
            None => leaf,
        };
        let ctx = self.ctx(caller, trail);
        self.store.write(&ctx, move |tx| Ok::<_, sealpost_store::StoreError>(tx.record(leaf, ()))).await?;
        Ok(())
    }

    /// Whoever looks at a page, as they would if they had this role.
    async fn previewed(
        &self,
        info: &RouteInfo,
        caller: &Caller,
        (path, query): (&str, &str),
        role: &str,
        trail: &mut Trail,
    ) -> Result<Arc<Caller>, Failure> {
        let previews = self.config.previews.as_ref().ok_or_else(crate::call::not_found)?;
        if info.reveals {
            return Err(Refusal::of(&problem::PREVIEW_READ_ONLY).into());
        }
        let Previewed { caller, reference, role } = previews.as_role(caller, role).await?;
        let leave = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        let caller = Arc::new(caller);
        trail.preview = Some(Preview { reference, role, leave });
        trail.known = Some(self.ctx(&caller, trail));
        if let Some(visitor) = &mut trail.visitor {
            visitor.known = Some(caller.clone());
        }
        Ok(caller)
    }

    /// Refuses what is sensitive to a member who hasn't proved lately that it is them.
    fn expect_proof(&self, info: &RouteInfo, session: &Session) -> Result<(), Refusal> {
        let sensitive =
            info.steps_up || (session.always_proves && (info.mutates() || info.reveals) && info.permission().is_some());
        if sensitive && !session.proved_lately(self.store.world().clock.now()) {
            return Err(Refusal::of(&problem::STEP_UP_REQUIRED).member("max_age_seconds", FRESH_PROOF_MS / 1000));
        }
        Ok(())
    }

    /// Refuses an unsafe request that a cookie speaks for, unless it carries the token that only a page of ours knows.
    fn expect_csrf_token(
        &self,
        info: &RouteInfo,
        caller: &Caller,
        headers: &http::HeaderMap,
        payload: &Payload,
    ) -> Result<(), Refusal> {
        let bearer = match &caller.session {
            Some(session) if info.is_unsafe() => Some(Bearer::Session(session.id)),
            None if info.own_page => cookie(headers, VISIT_COOKIE)?.map(Bearer::Visit),
            _ => return Ok(()),
        };
        let token = match (headers.get(CSRF_HEADER), payload) {
            (Some(header), _) => header.to_str().ok(),
            (None, Payload::Form(form)) => form.csrf(),
            _ => None,
        };
        if let (Some(token), Some(session)) = (token, &caller.session)
            && self.csrf.belongs(token, Bearer::Preview(session.id))
        {
            return Err(Refusal::of(&problem::PREVIEW_READ_ONLY));
        }
        let belongs = token.zip(bearer).is_some_and(|(token, bearer)| self.csrf.belongs(token, bearer));
        if belongs { Ok(()) } else { Err(Refusal::of(&problem::CSRF_TOKEN_INVALID)) }
    }

    /// What a page needs to show a form: a token for whoever looks at it.
    fn form(
        &self,
        info: &RouteInfo,
        caller: &Caller,
        headers: &http::HeaderMap,
        trail: &Trail,
    ) -> Result<FormPage, Refusal> {
        if let Some(session) = &caller.session {
            return Ok(FormPage { token: self.csrf.token(trail.bearer(session)), visit: None });
        }
        if !info.is_open() || !(info.is_for_own_pages() || info.media_type.starts_with("text/html")) {
            return Ok(FormPage::default());
        }
        if let Some(known) = cookie(headers, VISIT_COOKIE)? {
            return Ok(FormPage { token: self.csrf.token(Bearer::Visit(known)), visit: None });
        }
        let mut name = [0; 16];
        self.store.world().rng.fill(&mut name);
        let name = URL_SAFE_NO_PAD.encode(name);
        Ok(FormPage { token: self.csrf.token(Bearer::Visit(&name)), visit: Some(browser::visit(&name)) })
    }

    async fn authenticate(
        &self,
        info: &RouteInfo,
        headers: &http::HeaderMap,
        environment: Environment,
        peer: IpAddr,
        trail: &mut Trail,
    ) -> Result<Arc<Caller>, Refusal> {
        let presented = credential::presented(headers, environment)?.ok_or(&problem::CREDENTIAL_MISSING)?;
        let denial = match self.authenticator.authenticate(presented, peer, credential::from_browser(headers)).await {
            Ok(caller) => return Ok(caller),
            Err(denial) => denial,
        };
        if let Some(caller) = denial.elsewhere {
            if info.from_anywhere {
                return Ok(caller);
            }
            if let Some(visitor) = &mut trail.visitor {
                visitor.shut_out = Some(caller);
            }
        }
        if let Some((org, actor)) = denial.known {
            let viewer = self.anonymous.viewer.clone();
            trail.known = Some(Ctx { org, actor, viewer, request: trail.request, world: self.store.world().clone() });
        }
        Err(denial.refusal)
    }

    fn limit(&self, trail: &mut Trail, allowance: Allowance) -> Result<(), Refusal> {
        trail.allowance = Some(allowance);
        if allowance.refused() {
            return Err(Refusal::of(&problem::RATE_LIMITED).retry_after(allowance.retry_after()));
        }
        Ok(())
    }

    async fn once(
        &self,
        info: &RouteInfo,
        caller: &Caller,
        parts: &Parts,
        payload: &Payload,
    ) -> Result<Option<Once>, Failure> {
        if !info.mutates() || info.permission().is_none() {
            return Ok(None);
        }
        let field =
            if matches!(info.takes, Takes::Json | Takes::Form) { payload.top_level_text(key::FIELD) } else { None };
        let Some(named) = key::of(&parts.headers, field)? else { return Ok(None) };
        let keys = self.store.keys().organisation(caller.org.id).await?;
        let mut canonical = Vec::with_capacity(512);
        payload.write_canonical(&mut canonical);
        let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
        let once = Once::new(
            keys,
            "request",
            &named,
            &[info.method.as_str().as_bytes(), b" ", target.as_bytes(), &[0], &canonical],
        );
        Ok(Some(once))
    }

    fn enter(&self, caller: &Caller, once: Option<&Once>) -> Result<Option<Guard>, Refusal> {
        once.map(|once| self.in_flight.enter(caller.org, once.mac())).transpose()
    }

    fn ctx(&self, caller: &Caller, trail: &Trail) -> Ctx {
        Ctx {
            org: caller.org,
            actor: caller.actor,
            viewer: caller.viewer.watched(&trail.watch),
            request: trail.request,
            world: self.store.world().clone(),
        }
    }

    /// A denial of somebody known belongs into the ledger of whom it was about. It is a denial even if that fails.
    async fn record_denial(&self, trail: &Trail, refusal: &Refusal) {
        let code = refusal.code();
        // What another role may not is no denial of whoever looks as it.
        let denied = (matches!(code.status, 401 | 403) || trail.strays) && trail.preview.is_none();
        let Some(ctx) = trail.known.as_ref().filter(|_| denied) else { return };
        self.record(ctx, Leaf::of("access.deny").denied(code.code)).await;
    }

    async fn panicked(&self, trail: &Trail) -> Failure {
        let route = trail.entry.map_or("", |at| self.entries[at].info.path);
        tracing::error!(request = %trail.request, route, "request.panic");
        if let Some(ctx) = &trail.known {
            self.record(ctx, Leaf::of("request.panic").failed("panic")).await;
        }
        Refusal::of(&problem::INTERNAL).into()
    }

    async fn record(&self, ctx: &Ctx, leaf: Leaf) {
        let recorded = self.store.write(ctx, move |tx| Ok::<_, sealpost_store::StoreError>(tx.record(leaf, ()))).await;
        if let Err(error) = recorded {
            tracing::error!(request = %ctx.request, error = %error, "ledger.leaf_lost");
        }
    }
}
