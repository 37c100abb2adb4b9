//! What is known of providers, asked and remembered.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use moka::sync::Cache;
use sealpost_egress::Tenant;
use sealpost_egress::client::{Answer, Client, Method, Outbound};
use sealpost_egress::target::Target;
use sealpost_egress::tls::MinTls;
use sealpost_seal::jws::KeySet;
use sealpost_store::{OrgId, Time};
use tokio::sync::Mutex;

use super::discovery::{self, Document};
use super::reason::Reason;

/// How long one question may take, name look-up to last byte.
const DEADLINE: Duration = Duration::from_secs(8);
/// How long what is known counts without asking again.
const FRESH_MS: i64 = 60 * 60_000;
/// How long it counts if the provider can't be asked.
const STALE_MS: i64 = 24 * FRESH_MS;
/// How often keys are asked for because a token names an unknown one.
const KEYS_AGAIN_MS: i64 = 60_000;
/// How long a provider that just failed isn't asked again: whoever waits then is told at once.
const FAILED_MS: i64 = 5_000;
/// Providers remembered at once.
const REMEMBERED: u64 = 2_000;

/// What a provider says about itself, and its keys.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) document: Arc<Document>,
    pub(super) keys: Arc<KeySet>,
}

#[derive(Default)]
struct Standing {
    known: Option<(Known, Time)>,
    failed: Option<(Reason, Time)>,
    keys_asked: Option<Time>,
}

/// What is known of providers, by organisation and issuer: no organisation learns what another knows, or waits for what it asks.
/// Cheap to clone.
#[derive(Clone)]
pub(in crate::sso) struct Providers(Cache<(OrgId, String), Arc<Mutex<Standing>>>);

impl Default for Providers {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

/// Asks on behalf of an organisation.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) client: &'a Client,
    pub(super) providers: &'a Providers,
    pub(super) org: OrgId,
    pub(super) now: Time,
}

impl Asking<'_> {
    /// What is known of a provider; asked if nothing is, or nothing recent.
    pub(super) async fn provider(self, issuer: &str) -> Result<Known, Reason> {
        let standing = self.standing(issuer);
        let mut standing = standing.lock().await;
        if let Some((known, at)) = &standing.known
            && within(self.now, *at, FRESH_MS)
        {
            return Ok(known.clone());
        }
        let failed = standing.failed.filter(|(_, at)| within(self.now, *at, FAILED_MS));
        let asked = match failed {
            Some((reason, _)) => Err(reason),
            None => self.ask(issuer).await,
        };
        match asked {
            Ok(known) => {
                *standing =
                    Standing { known: Some((known.clone(), self.now)), failed: None, keys_asked: Some(self.now) };
                Ok(known)
            }
            Err(reason) => {
                if failed.is_none() {
                    standing.failed = Some((reason, self.now));
                }
                let stale = standing.known.as_ref().filter(|(_, at)| within(self.now, *at, STALE_MS));
                // What it says wrongly it says on purpose; what it doesn't say it may say later.
                stale.filter(|_| matches!(reason, Reason::Unreachable(_))).map(|(known, _)| known.clone()).ok_or(reason)
            }
        }
    }

    /// The provider's keys, asked for again unless that was done within a minute: it may have new ones.
    pub(super) async fn keys_again(self, issuer: &str) -> Result<Option<Known>, Reason> {
        let standing = self.standing(issuer);
        let mut standing = standing.lock().await;
        if standing.keys_asked.is_some_and(|at| within(self.now, at, KEYS_AGAIN_MS)) {
            return Ok(None);
        }
        let Some((known, at)) = standing.known.clone() else { return Ok(None) };
        standing.keys_asked = Some(self.now);
        let keys = Arc::new(self.keys(&known.document).await?);
        let known = Known { keys, ..known };
        standing.known = Some((known.clone(), at));
        Ok(Some(known))
    }

    fn standing(self, issuer: &str) -> Arc<Mutex<Standing>> {
        self.providers.0.get_with((self.org, issuer.to_owned()), Arc::default)
    }

    async fn ask(self, issuer: &str) -> Result<Known, Reason> {
        let policy = self.client.network().policy();
        let at = discovery::location(issuer, policy)?;
        let document = discovery::read(&self.get(&at, Vec::new()).await?.body, issuer, policy)?;
        let keys = self.keys(&document).await?;
        Ok(Known { document: Arc::new(document), keys: Arc::new(keys) })
    }

    async fn keys(self, document: &Document) -> Result<KeySet, Reason> {
        Ok(KeySet::parse(&self.get(&document.keys, Vec::new()).await?.body)?)
    }

    /// A document, whole and in JSON.
    pub(super) async fn get(self, at: &Target, headers: Vec<(HeaderName, HeaderValue)>) -> Result<Answer, Reason> {
        let answer = self.send(Method::Get, at, headers, Vec::new()).await?;
        if answer.status == 200 { Ok(answer) } else { Err(Reason::AnswerUnusable) }
    }

    /// One question and its answer, whatever its status: whole, in JSON. Nothing is followed.
    pub(super) async fn send(
        self,
        method: Method,
        at: &Target,
        mut headers: Vec<(HeaderName, HeaderValue)>,
        body: Vec<u8>,
    ) -> Result<Answer, Reason> {
        headers.push((ACCEPT, HeaderValue::from_static("application/json")));
        let tenant = Tenant::new(self.org.bytes());
        let outbound = Outbound {
            headers,
            deadline: DEADLINE,
            // Providers are chosen by administrators and known for years; some don't speak 1.3 yet.
            min_tls: MinTls::V1_2,
            ..Outbound::new(tenant, method, at, body.into())
        };
        let answer = self.client.send(outbound).await?;
        if answer.truncated {
            return Err(Reason::AnswerTooLarge);
        }
        let is_json = answer.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(is_json);
        if is_json && !answer.headers.contains_key(CONTENT_ENCODING) { Ok(answer) } else { Err(Reason::AnswerUnusable) }
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Whether `at` is no longer ago than that. A clock that was set back makes nothing last longer.
fn within(now: Time, at: Time, ms: i64) -> bool {
    (0..ms).contains(&now.since(at))
}
