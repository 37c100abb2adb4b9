//! All features put together, checked, and turned into an [`App`].

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use sealpost_store::Store;

use super::traffic::Traffic;
use super::{Alarm, App, ENVIRONMENT, Entry, Inner, Paths, receive};
use crate::body::Takes;
use crate::browser::Csrf;
use crate::caller::{Authenticator, Caller};
use crate::dialect::Dialect;
use crate::hosts::Hosts;
use crate::idempotency::InFlight;
use crate::limits::{Limits, LimitsConfig};
use crate::openapi::{self, Documents};
use crate::preview::Previews;
use crate::problem::{self, Code};
use crate::proxies::Proxies;
use crate::route::{Access, Callers, Endpoint, Feature, RouteInfo, Trace};
use crate::shell::{self, Dashboard};

/// What can be set about the API as a whole.
#[derive(Clone)]
pub struct WebConfig {
    /// Quotas.
    pub limits: LimitsConfig,
    /// The largest body, in bytes, of routes that don't set their own.
    pub body_limit: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// Where people report vulnerabilities; without it, `/.well-known/security.txt` is not found.
    pub security_txt: Option<SecurityTxt>,
    /// The version the documentation names.
    pub version: &'static str,
    /// Where our pages are, as browsers write it in `Origin`: `https://`, a host, and a port unless it is 443.
    pub origin: String,
    /// Where one signs in: a path of ours. Whoever isn't signed in is led there from pages.
    pub sign_in: &'static str,
    /// The dashboard, if pages are served.
    pub dashboard: Option<Dashboard>,
    /// Where a member registers their first passkey: a path of ours.
    pub enrol: &'static str,
    /// Whether browsers are to use nothing but HTTPS with this host from now on (RFC 6797). Not for `localhost`, which others
    /// share.
    pub strict_transport: bool,
    /// Who is believed about whose request it is.
    pub proxies: Proxies,
    /// Hosts that lead below a path.
    pub hosts: Hosts,
    /// Who is told of answers that were withheld. Without one they are in the ledger all the same.
    pub alarm: Option<Arc<dyn Alarm>>,
    /// Who knows what members of another role see, if pages can be looked at as one of them.
    pub previews: Option<Arc<dyn Previews>>,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            limits: LimitsConfig::default(),
            body_limit: 256 * 1024,
            body_timeout: receive::BODY_TIMEOUT,
            security_txt: None,
            version: env!("CARGO_PKG_VERSION"),
            origin: "https://localhost".into(),
            sign_in: "/sign-in",
            dashboard: None,
            enrol: "/sign-in/passkey",
            strict_transport: true,
            proxies: Proxies::default(),
            hosts: Hosts::default(),
            alarm: None,
            previews: None,
        }
    }
}

/// RFC 9116: how to report a vulnerability.
#[derive(Clone, Debug)]
pub struct SecurityTxt {
    /// `mailto:` or `https:` URIs, the preferred one first.
    pub contact: Vec<String>,
    /// Until when this may be relied upon: RFC 3339.
    pub expires: String,
    /// Where the policy stands.
    pub policy: Option<String>,
}

/// Everything the API consists of.
pub struct Registry {
    routes: Vec<RouteInfo>,
    codes: Vec<&'static Code>,
    documents: Arc<Documents>,
    app: App,
}

/// A feature's routes can't be served as they are.
#[derive(Debug, thiserror::Error)]
#[error("{method} {path}: {problem}")]
pub struct RegistryError {
    method: String,
    path: &'static str,
    problem: String,
}

impl Registry {
    /// Checks all routes and builds the API from them. `Err` names the first route that isn't complete and what it lacks.
    pub fn new(
        features: Vec<Feature>,
        authenticator: Arc<dyn Authenticator>,
        store: Store,
        config: WebConfig,
    ) -> Result<Self, RegistryError> {
        let documents = Arc::new(Documents::default());
        let mut features = features;
        features.push(openapi::feature(documents.clone(), config.security_txt.clone()));
        let dashboard = config.dashboard.as_ref().map(|dashboard| {
            let routes: Vec<&RouteInfo> =
                features.iter().flat_map(|feature| feature.routes.iter().map(Endpoint::info)).collect();
            Arc::new(shell::Ready::new(dashboard, &routes))
        });
        features.extend(dashboard.as_ref().map(shell::feature));
        let codes = codes(&features);
        let abouts: Vec<_> = features.iter().map(|feature| (feature.name, feature.about)).collect();
        let (mut paths, mut entries) = (Paths::default(), Vec::new());
        for feature in features {
            for mut endpoint in feature.routes {
                endpoint.info.feature = feature.name;
                check(&endpoint, &codes).and_then(|()| insert(&mut paths, &endpoint.info, entries.len())).map_err(
                    |problem| RegistryError {
                        method: endpoint.info.method.to_string(),
                        path: endpoint.info.path,
                        problem,
                    },
                )?;
                entries.push(Entry { info: Arc::new(endpoint.info.clone()), endpoint });
            }
        }
        let endpoints: Vec<&Endpoint> = entries.iter().map(|entry| &entry.endpoint).collect();
        documents
            .fill(&endpoints, &abouts, &codes, authenticator.codes(), config.version)
            .map_err(|(info, problem)| RegistryError { method: info.method.to_string(), path: info.path, problem })?;
        let routes = entries.iter().map(|entry| (*entry.info).clone()).collect();
        let mut dialects: Vec<&'static Dialect> = entries.iter().filter_map(|entry| entry.info.dialect).collect();
        dialects.dedup_by_key(|dialect| dialect.prefix);
        let inner = Inner {
            limits: Limits::new(config.limits, store.world()),
            traffic: Traffic::new(entries.len()),
            paths,
            entries,
            authenticator,
            csrf: Csrf::new(store.keys().pepper()),
            dashboard,
            stopped: tokio::sync::watch::Sender::new(false),
            store,
            in_flight: InFlight::default(),
            anonymous: Arc::new(Caller::anonymous()),
            dialects,
            config,
        };
        Ok(Self { routes, codes, documents, app: App(Arc::new(inner)) })
    }

    /// Every route.
    pub fn routes(&self) -> &[RouteInfo] {
        &self.routes
    }

    /// Every code, sorted by status, then by name.
    pub fn codes(&self) -> &[&'static Code] {
        &self.codes
    }

    /// The OpenAPI 3.1 document: JSON.
    pub fn openapi(&self) -> Bytes {
        self.documents.openapi()
    }

    /// The API itself.
    pub fn app(&self) -> App {
        self.app.clone()
    }
}

fn codes(features: &[Feature]) -> Vec<&'static Code> {
    let mut codes: Vec<&'static Code> =
        features.iter().flat_map(|feature| feature.codes).chain(problem::ALL).copied().collect();
    codes.sort_by_key(|code| (code.status, code.code));
    codes.dedup();
    codes
}

fn insert(paths: &mut Paths, info: &RouteInfo, at: usize) -> Result<(), String> {
    paths
        .insert(&info.method, info.path, at)
        .map_err(|_| "another route has this method and path, or a path like it".into())
}

fn check(endpoint: &Endpoint, known: &[&'static Code]) -> Result<(), String> {
    let info = &endpoint.info;
    require(info.path.starts_with('/'), "a path begins with a slash")?;
    require(info.class.is_some(), "say what kind of work it is with `.class(…)`, for its rate limit")?;
    require(!info.summary.is_empty(), "say what it does with `.summary(…)`")?;
    match info.access {
        Access::OpenToAll(reason) => {
            require(reason.len() > 3, "say why everybody may call with `.open_to_all(\"…\")`")?
        }
        Access::Needs(_) | Access::SignedIn(_) | Access::Directories(_) => {
            require(info.class != Some(crate::Class::Open), "only routes that are open to all have the class `Open`")?
        }
    }
    if let Access::SignedIn(reason) = info.access {
        require(reason.len() > 3, "say why everybody who is signed in may call with `.signed_in(\"…\")`")?;
        require(info.callers == Callers::Session, "only members sign in")?;
    }
    require(
        !info.is_for_own_pages() || (info.is_open() && info.is_unsafe()),
        "`.own_page()` and `.own_origin(…)` are for open routes that act",
    )?;
    if let Some(reason) = info.own_origin {
        require(
            reason.len() > 3 && !info.own_page,
            "say what ties it to its visitor with `.own_origin(\"…\")`, or `.own_page()`",
        )?;
    }
    if let Access::Directories(reason) = info.access {
        require(reason.len() > 3, "say why directories may call with `.for_directories(\"…\")`")?;
    }
    require(
        matches!(info.access, Access::Directories(_)) == (info.callers == Callers::Directory),
        "tokens of directories are for routes of directories, and for nothing else",
    )?;
    require(info.dialect.is_none_or(|dialect| dialect.holds(info.path)), "it is not below the path of its dialect")?;
    require(
        !info.from_anywhere || (info.permission().is_none() && info.is_unsafe()),
        "`.from_anywhere()` is for routes without a permission that act",
    )?;
    require(
        info.path_params.iter().all(|name| *name != ENVIRONMENT) || info.callers == Callers::Session,
        "a key has its environment, so only routes for sessions take it from their path",
    )?;
    match info.trace {
        Trace::Acts(action) => {
            require(is_action(action), "an audit action is lower-case words with a dot between: `message.accept`")?
        }
        Trace::ChangesNothing(reason) => {
            require(reason.len() > 3, "say why it changes nothing with `.changes_nothing(\"…\")`")?
        }
        Trace::Reads => {
            require(!info.reveals, "a route that shows clear data leaves a leaf: name it with `.acts(\"…\")`")?
        }
    }
    let medium = std::iter::once(info.media_type)
        .chain(info.also.iter().map(|(_, media_type)| *media_type))
        .find(|of| is_of_files(of));
    require(
        medium.is_none() || info.lets_out.is_some(),
        "it answers with a file: say which, and what holds it, with `.lets_out(\"…\")`",
    )?;
    for (at, code) in info.codes.iter().enumerate() {
        require(known.contains(code), "it refuses with a code that its feature does not list")?;
        require(!info.codes[at + 1..].contains(code), "it lists a code twice")?;
    }
    require(
        info.path_params.iter().collect::<BTreeSet<_>>().len() == info.path_params.len(),
        "two path parameters have the same name",
    )?;
    if matches!(info.takes, Takes::Json | Takes::OpenJson(_) | Takes::Form) {
        let example = info.example.as_ref().ok_or("show a body that is accepted with `.example(…)`")?;
        (endpoint.try_example)(example).map_err(|refusal| format!("its example is refused: {:?}", refusal.errors()))?;
    }
    Ok(())
}

fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

/// Whether what is of this media type is saved rather than read: tables, lines, archives, documents.
fn is_of_files(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    matches!(
        kind,
        "text/csv"
            | "application/jsonl"
            | "application/x-ndjson"
            | "application/pdf"
            | "application/zip"
            | "application/octet-stream"
            | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
}

fn is_action(action: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    action.split_once('.').is_some_and(|(thing, act)| word(thing) && act.split('.').all(word))
}
