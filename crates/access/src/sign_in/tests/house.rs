//! A house with members in it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use sealpost_ledger::Leaf;
use sealpost_seal::webauthn::RelyingParty;
use sealpost_seal::{Personal, Purpose as Why};
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, Keys, MemberId, RequestId, Store};
use sealpost_web::{App, Authenticator, BoxFuture, Caller, Presented, Registry, Via, WebConfig};

use crate::Credentials;
use crate::api_keys::KeyAuthenticator;
use crate::links::{self, IssuedLink, Purpose};
use crate::mail::{Courier, Letter, Post};
use crate::members::{self, Members};
use crate::passkeys::{self, Passkeys};
use crate::roles::{RoleRef, Standard};
use crate::scim::ScimAuthenticator;
use crate::sessions::{self, Agent, SessionAuthenticator};
use crate::sign_in::{SignIn, feature};

pub(super) const HERE: &str = "192.0.2.10";
pub(super) const MINUTE: i64 = 60_000;
/// Where the pages are, as the registry has it by default.
pub(super) const PARTY: RelyingParty<'static> = RelyingParty { id: "localhost", origin: "https://localhost" };

/// A store, one organisation in it, and what signs its members in.
pub(super) struct House {
    pub(super) test: TestStore,
    pub(super) ctx: Ctx,
    pub(super) sessions: Arc<SessionAuthenticator>,
    /// Letters that were handed over.
    pub(super) desk: Arc<Desk>,
    app: App,
}

/// Where letters end: to whom, and what they say.
#[derive(Default)]
pub(super) struct Desk(Mutex<Vec<(String, Letter)>>);

impl Courier for Desk {
    fn deliver<'a>(
        &'a self,
        _: &'a Ctx,
        to: &'a Personal<String>,
        letter: Letter,
    ) -> BoxFuture<'a, Result<(), &'static str>> {
        self.0.lock().unwrap().push((to.expose(Why::Deliver).clone(), letter));
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Desk {
    /// The next letter, once it is there.
    pub(super) async fn letter(&self) -> (String, Letter) {
        for _ in 0..1000 {
            if let Some(letter) = self.0.lock().unwrap().pop() {
                return letter;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("no letter comes")
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: http::HeaderMap,
    pub(super) body: String,
}

impl House {
    pub(super) async fn new(test: TestStore) -> Self {
        let ctx = test.organisation().await;
        let sessions = SessionAuthenticator::new(test.store.clone());
        let credentials = Credentials::new(
            KeyAuthenticator::new(test.store.clone()),
            sessions.clone(),
            ScimAuthenticator::new(test.store.clone()),
        );
        let desk = Arc::<Desk>::default();
        let passkeys = Passkeys::new(test.store.clone(), PARTY.id, PARTY.origin);
        let sign_in =
            SignIn::new(passkeys.clone(), Post::new(Some(desk.clone()), PARTY.origin), sessions.clone(), "/app");
        let members = Members::new(test.store.clone());
        let features = vec![
            feature(&sign_in),
            sessions::feature(test.store.clone(), sessions.clone()),
            passkeys::feature(passkeys.clone(), members.clone(), sessions.clone()),
            members::feature(
                members,
                sessions.clone(),
                Post::new(Some(desk.clone()), PARTY.origin),
                members::Gate::OPEN,
            ),
        ];
        let registry = Registry::new(features, credentials, test.store.clone(), WebConfig::default()).unwrap();
        Self { app: registry.app(), sessions, desk, ctx, test }
    }

    pub(super) fn store(&self) -> &Store {
        &self.test.store
    }

    pub(super) fn keys(&self) -> Keys {
        self.store().keys().clone()
    }

    pub(super) async fn member(&self, standard: Standard) -> MemberId {
        let made = self.store().write(&self.ctx, move |tx| members::create(tx, RoleRef::Standard(standard))).await;
        made.unwrap()
    }

    pub(super) async fn link(&self, member: MemberId) -> IssuedLink {
        let keys = self.keys();
        self.store().write(&self.ctx, move |tx| links::create(tx, &keys, member, Purpose::Operator)).await.unwrap()
    }

    /// Follows a link; answers the session's token or the code of the refusal.
    pub(super) async fn follow(&self, link: &IssuedLink) -> Result<String, &'static str> {
        let (peer, request) = (HERE.parse().unwrap(), RequestId::new(self.store().world()));
        match links::follow(self.store(), link.token.expose(), peer, Agent::of(None), request).await {
            Ok(followed) => Ok(followed.session.token.expose().to_owned()),
            Err(sealpost_web::Failure::Refused(refusal)) => Err(refusal.code().code),
            Err(failure) => panic!("{failure:?}"),
        }
    }

    /// The token of a session of a new member of this role.
    pub(super) async fn signed_in(&self, standard: Standard) -> String {
        let member = self.member(standard).await;
        self.follow(&self.link(member).await).await.unwrap()
    }

    /// Presents a session in the test environment; answers the caller or the code of the refusal.
    pub(super) async fn present(&self, token: &str) -> Result<Arc<Caller>, &'static str> {
        present(&self.sessions, token, Environment::Test).await
    }

    /// Looks whether a session is believed, without using it.
    pub(super) async fn watch(&self, token: &str) -> Result<Arc<Caller>, &'static str> {
        let presented = Presented { via: Via::Session, text: token, environment: Environment::Test };
        let looked = self.sessions.believes_still(presented, HERE.parse().unwrap(), true).await;
        looked.map_err(|denial| denial.refusal.code().code)
    }

    /// A request as a browser sends it from a page of ours, with these headers besides.
    pub(super) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], form: Option<&str>) -> Answer {
        let media_type = form.map(|_| ("content-type", "application/x-www-form-urlencoded"));
        let headers: Vec<_> = headers.iter().copied().chain(media_type).collect();
        self.send(method, path, &headers, form.unwrap_or_default().to_owned()).await
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers.iter().chain(&[("sec-fetch-site", "same-origin"), ("origin", "https://localhost")])
        {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::from(body));
        let response = self.app.respond(request.body(body).unwrap(), HERE.parse().unwrap()).await;
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Presses the button on the page behind a link.
    pub(super) async fn enter(&self, path: &str) -> Browser {
        let page = self.ask("GET", path, &[], None).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let (visit, form) = (page.cookie("__Host-sealpost_visit").unwrap(), format!("_csrf={}", page.csrf()));
        let entered = self.ask("POST", path, &[("cookie", &visit)], Some(&form)).await;
        let cookie = entered.cookie("__Host-sealpost_session").unwrap();
        let own = self.ask("GET", "/v1/session", &[("cookie", &cookie)], None).await;
        let own: serde_json::Value = serde_json::from_str(&own.body).unwrap();
        let csrf = own["csrf_token"].as_str().unwrap().to_owned();
        Browser { cookie, csrf, next: entered.headers["location"].to_str().unwrap().to_owned() }
    }

    /// The browser of a new member of this role.
    pub(super) async fn browser(&self, standard: Standard) -> Browser {
        let link = self.link(self.member(standard).await).await;
        self.enter(&format!("/sign-in/{}", link.token.expose())).await
    }

    /// The ledger, as actions and reasons.
    pub(super) async fn acts(&self) -> Vec<String> {
        let leaves = self.store().ledger_leaves(&self.ctx, 0, 1000).await.unwrap();
        let told = |leaf: Leaf| match leaf.reason {
            Some(reason) => format!("{} {}", leaf.action, reason),
            None => leaf.action.to_string(),
        };
        leaves.iter().map(|row| told(Leaf::decode(&row.leaf).unwrap())).collect()
    }
}

/// Presents a session to this node.
pub(super) async fn present(
    node: &SessionAuthenticator,
    token: &str,
    environment: Environment,
) -> Result<Arc<Caller>, &'static str> {
    let presented = Presented { via: Via::Session, text: token, environment };
    let peer: IpAddr = HERE.parse().unwrap();
    node.authenticate(presented, peer, true).await.map_err(|denial| denial.refusal.code().code)
}

/// A browser that somebody is signed in with, and where they were led.
pub(super) struct Browser {
    cookie: String,
    csrf: String,
    pub(super) next: String,
}

impl Browser {
    pub(super) async fn post(&self, house: &House, path: &str, body: &serde_json::Value) -> Answer {
        let headers = [("cookie", &*self.cookie), ("x-csrf-token", &self.csrf), ("content-type", "application/json")];
        house.send("POST", path, &headers, body.to_string()).await
    }
}

impl Answer {
    /// A cookie that was set, as a browser sends it back.
    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        let all = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let pair = all.filter_map(|one| one.split(';').next()).find(|pair| pair.starts_with(&format!("{name}=")));
        pair.map(str::to_owned)
    }

    /// The token in the page's form.
    pub(super) fn csrf(&self) -> &str {
        let (_, rest) = self.body.split_once("name=\"_csrf\" value=\"").unwrap();
        rest.split('"').next().unwrap()
    }
}
