//! What a page's handler finds on its desk: the frame, whom the page is for, and what was just done.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CONTENT_SECURITY_POLICY, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use sealpost_store::{Ctx, Environment, RequestId, StoreError, Time};

use super::{Banner, Face, Frame, Group, Head, Nav, POLICY, Theme, Toast};
use crate::browser::{DONE_COOKIE, THEME_COOKIE, clear, cookie, done};
use crate::caller::{BoxFuture, Caller, Support};
use crate::preview::Preview;
use crate::problem::{Failure, Fault};
use crate::reply::Reply;
use crate::route::RouteInfo;
use crate::{Call, PermissionSet};

/// In which header a script asks for a page's content alone.
const PART: &str = "sealpost-part";

/// Knows how organisations, members and roles are called. Implemented where they live.
pub trait Faces: Send + Sync {
    /// Whom a page of this context is for.
    fn face<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<Face, StoreError>>;
}

/// Knows what everybody in an organisation has to be told on every page, for as long as it is so.
pub trait Banners: Send + Sync {
    /// What is said to this caller.
    fn banners<'a>(&'a self, ctx: &'a Ctx, caller: &'a Caller) -> BoxFuture<'a, Result<Vec<Banner>, StoreError>>;
}

/// The dashboard of an installation.
#[derive(Clone)]
pub struct Dashboard {
    /// Where one can go.
    pub entries: Vec<Nav>,
    /// Who is called how.
    pub faces: Arc<dyn Faces>,
    /// What is said on every page.
    pub banners: Arc<dyn Banners>,
    /// What looks for people, after `/app/{env}`: a route that takes a form with `q`.
    pub search: &'static str,
}

/// The dashboard, ready to be served.
pub(crate) struct Ready {
    pub(crate) frame: Frame,
    faces: Arc<dyn Faces>,
    banners: Arc<dyn Banners>,
    /// What is said after an act, by its action.
    said: BTreeMap<&'static str, &'static str>,
    pub(super) search: &'static str,
}

impl Ready {
    pub(crate) fn new(dashboard: &Dashboard, routes: &[&RouteInfo]) -> Self {
        let said = routes.iter().filter_map(|route| Some((route.action()?, route.done?))).collect();
        Self {
            frame: Frame::new(dashboard.entries.clone()),
            faces: dashboard.faces.clone(),
            banners: dashboard.banners.clone(),
            said,
            search: dashboard.search,
        }
    }

    /// The desk for a request.
    pub(crate) async fn desk(
        self: &Arc<Self>,
        ctx: &Ctx,
        caller: &Caller,
        csrf: &str,
        headers: &HeaderMap,
    ) -> Result<Desk, StoreError> {
        let text = |name| cookie(headers, name).ok().flatten();
        Ok(Desk {
            ready: self.clone(),
            at: ctx.now(),
            face: self.faces.face(ctx).await?,
            permissions: caller.permissions,
            csrf: csrf.to_owned(),
            theme: text(THEME_COOKIE).and_then(Theme::read).unwrap_or_default(),
            toast: text(DONE_COOKIE).and_then(|done| self.toast(done)),
            only_part: headers.contains_key(PART),
            banners: self.banners.banners(ctx, caller).await?,
            helps: caller.support.clone(),
            preview: None,
        })
    }

    fn toast(&self, done: &str) -> Option<Toast> {
        let (action, request) = done.split_once('~')?;
        let request: RequestId = request.parse().ok()?;
        Some(Toast { says: self.said.get(action)?, request: request.to_string() })
    }
}

/// What a page's handler finds.
pub(crate) struct Desk {
    ready: Arc<Ready>,
    /// Before anything was read for it.
    at: Time,
    face: Face,
    permissions: PermissionSet,
    csrf: String,
    theme: Theme,
    toast: Option<Toast>,
    only_part: bool,
    banners: Vec<Banner>,
    /// How far it reaches, if it is somebody who was let in to help.
    helps: Option<Arc<Support>>,
    preview: Option<Preview>,
}

impl Desk {
    /// The same for pages that are shown as another role sees them.
    pub(crate) fn previewing(self, preview: Option<Preview>) -> Self {
        Self { preview, ..self }
    }

    /// The page with this title and content; the content alone, if that was asked for.
    pub(crate) fn page(&self, ctx: &Ctx, path: &str, title: &str, content: &impl Template) -> Result<Reply, Failure> {
        let head = Head {
            title,
            path: path.strip_prefix("/app/{env}").unwrap_or_default(),
            environment: ctx.org.environment,
            face: &self.face,
            permissions: self.permissions,
            csrf: &self.csrf,
            theme: self.theme,
            toast: self.toast.clone(),
            request: ctx.request,
            at: self.at,
            banners: &self.banners,
            helps: self.helps.as_deref(),
            preview: self.preview.as_ref(),
        };
        let frame = &self.ready.frame;
        let html = if self.only_part { frame.part(&head, content) } else { frame.whole(&head, content) };
        let html = html.map_err(|error| Fault::new(error).context("render a page"))?;
        let html = match &self.preview {
            Some(preview) => preview.linked(&html),
            None => html,
        };
        let page = Reply::page(html, POLICY);
        Ok(if self.toast.is_some() { page.header(SET_COOKIE, clear(DONE_COOKIE)) } else { page })
    }
}

impl<B, Q> Call<B, Q> {
    /// Answers a page with this title and content, in its frame. The route has to be a [`page`](crate::route::Route::page) or take a form.
    pub fn show(&self, title: &str, content: &impl Template) -> Result<Reply, Failure> {
        let desk = self.arrived.desk.as_ref().ok_or_else(|| Fault::new("a route that is no page shows one"))?;
        desk.page(&self.ctx, self.arrived.route.path, title, content)
    }

    /// What makes this call's pages where it isn't at hand.
    pub fn pages(&self) -> Result<Pages, Failure> {
        let desk = self.arrived.desk.clone().ok_or_else(|| Fault::new("a route that is no page shows one"))?;
        Ok(Pages { desk, ctx: self.ctx.clone(), path: self.arrived.route.path })
    }

    /// Answers that what the route's form asked for is done: leads to `path`, a page of this environment after `/app/{env}`, which
    /// says so ([`done`](crate::route::Route::done)).
    pub fn done(&self, path: &str) -> Reply {
        let action = self.arrived.route.action().unwrap_or_default();
        Reply::see_other(&self.at(path)).header(SET_COOKIE, done(action, self.ctx.request))
    }

    /// The path of this very request.
    pub fn own_path(&self) -> String {
        let mut params = self.arrived.params.iter();
        let parts = self.arrived.route.path.split('/').map(|part| match part.starts_with('{') {
            true => params.next().map_or("", String::as_str),
            false => part,
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// A name for what a form asks for, so that sending it twice does it once.
    pub fn once_token(&self) -> String {
        let mut name = [0; 16];
        self.ctx.rng().fill(&mut name);
        URL_SAFE_NO_PAD.encode(name)
    }

    /// A path of this environment's dashboard: `/messages` becomes `/app/test/messages`.
    pub fn at(&self, path: &str) -> String {
        format!("/app/{}{path}", self.ctx.org.environment)
    }

    /// Where somebody with these permissions can go, in one environment or the other: what the navigation would show them.
    pub fn entries_for(&self, permissions: PermissionSet) -> Vec<Nav> {
        let desk = self.arrived.desk.as_ref();
        desk.map_or_else(Vec::new, |desk| desk.ready.frame.entries_for(permissions, None).copied().collect())
    }

    /// Where an object with this id has its page, if it has one and this caller may open it.
    pub fn page_of(&self, id: &str) -> Option<String> {
        self.page_of_in(self.ctx.org.environment, id)
    }

    /// Where an object of this environment has its page. What belongs to the organisation itself has one in each.
    pub fn page_of_in(&self, environment: Environment, id: &str) -> Option<String> {
        let (prefix, _) = id.rsplit_once('_')?;
        let (path, entry) = self.arrived.desk.as_ref()?.ready.frame.place_of(prefix)?;
        let permitted = entry.needs.is_none_or(|needs| self.caller.permissions.contains(needs));
        let there = if entry.group == Group::Organisation { self.ctx.org.environment } else { environment };
        permitted.then(|| format!("/app/{there}{path}/{id}"))
    }
}

/// Makes pages where a call isn't at hand: inside a transaction.
#[derive(Clone)]
pub struct Pages {
    desk: Arc<Desk>,
    ctx: Ctx,
    path: &'static str,
}

impl Pages {
    /// A path of this environment's dashboard.
    pub fn at(&self, path: &str) -> String {
        format!("/app/{}{path}", self.ctx.org.environment)
    }

    /// A page that is shown once; `again` if the same request comes again.
    pub fn once(&self, title: &str, content: &impl Template, again: &impl Template) -> Result<Reply, Failure> {
        let first = self.desk.page(&self.ctx, self.path, title, content)?;
        let again = self.desk.page(&self.ctx, self.path, title, again)?;
        Ok(first.page_once(again))
    }
}

/// A page that is shown to nobody in particular: what went wrong before anybody was known.
pub(crate) fn stranger(html: String) -> Reply {
    Reply::html(html).header(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))
}
