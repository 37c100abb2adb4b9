//! An organisation with a directory beside it.

use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use sealpost_ledger::Leaf;
use sealpost_store::testing::TestStore;
use sealpost_store::{Actor, ActorKind, Ctx, Environment, MemberId, RequestId, Store};
use sealpost_web::{App, Authenticator, Presented, Registry, Via, WebConfig};
use serde_json::{Value, json};

use crate::Credentials;
use crate::api_keys::{self, KeyAuthenticator};
use crate::mail::Post;
use crate::members::{self, MemberState, Members};
use crate::networks;
use crate::roles::{self, RoleMatrix, RoleRef, Standard};
use crate::scim::{self, ScimAuthenticator, TokenName};
use crate::sessions::{self, Agent, Method, Opening, SessionAuthenticator, network_name};
use crate::teams;

pub(super) const OFFICE: &str = "192.0.2.10";
pub(super) const URL: &str = "https://sealpost.example";

/// A store, one organisation in it, and what believes whoever asks.
pub(super) struct House {
    pub(super) test: TestStore,
    pub(super) ctx: Ctx,
    pub(super) sessions: Arc<SessionAuthenticator>,
    pub(super) app: App,
    pub(super) owner: MemberId,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) headers: http::HeaderMap,
}

impl Answer {
    pub(super) fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.body)).to_owned()
    }

    pub(super) fn id(&self) -> String {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self.text("id")
    }

    pub(super) fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// Status, `scimType` and our code of a refusal, which has the form of the standard.
    pub(super) fn refusal(&self) -> (u16, String, String) {
        assert_eq!(self.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{}", self.body);
        assert_eq!(self.body["status"], json!(self.status.to_string()));
        assert_eq!(self.header("content-type"), "application/scim+json");
        let detail = self.text("detail");
        let code = detail.rsplit_once('(').and_then(|(_, code)| code.split(')').next()).unwrap_or_default();
        (self.status, self.body["scimType"].as_str().unwrap_or_default().to_owned(), code.to_owned())
    }
}

impl House {
    pub(super) async fn new(test: TestStore) -> Self {
        let mut ctx = test.organisation().await;
        ctx.org.environment = Environment::Live;
        ctx.actor = Actor::OPERATOR;
        Self::of(test, ctx).await
    }

    pub(super) async fn of(test: TestStore, ctx: Ctx) -> Self {
        let store = || test.store.clone();
        let owner = members::owner(&test.store, &ctx).await.unwrap();
        let (sessions, keys) = (SessionAuthenticator::new(store()), KeyAuthenticator::new(store()));
        let members = Members::new(store());
        let features = vec![
            scim::feature(members.clone(), sessions.clone(), URL),
            sessions::feature(store(), sessions.clone()),
            api_keys::feature(store(), keys.clone()),
            members::feature(members, sessions.clone(), Post::new(None, URL), members::Gate::OPEN),
            teams::feature(store(), sessions.clone()),
            roles::feature(store(), sessions.clone(), &RoleMatrix::default(), roles::OPEN),
            networks::feature(&test.store, networks::Gate::OPEN),
        ];
        let credentials = Credentials::new(keys, sessions.clone(), ScimAuthenticator::new(store()));
        let registry = Registry::new(features, credentials, store(), WebConfig::default()).unwrap();
        Self { app: registry.app(), sessions, ctx, owner, test }
    }

    pub(super) fn store(&self) -> &Store {
        &self.test.store
    }

    pub(super) fn by(&self, member: MemberId) -> Ctx {
        let actor = Actor { kind: ActorKind::Member, id: member.bytes() };
        Ctx { actor, request: RequestId::new(self.store().world()), ..self.ctx.clone() }
    }

    /// A token that this member makes.
    pub(super) async fn token_of(&self, member: MemberId) -> String {
        let (keys, name) = (self.store().keys().clone(), TokenName::parse("Okta").unwrap());
        let made = self.store().write(&self.by(member), move |tx| scim::create(tx, &keys, &name)).await;
        made.unwrap_or_else(|_| panic!("the token is refused")).plain.expose().to_owned()
    }

    /// A token of the owner's.
    pub(super) async fn token(&self) -> String {
        self.token_of(self.owner).await
    }

    /// A member of this role whom the operator made.
    pub(super) async fn member(&self, standard: Standard) -> MemberId {
        let made = self.store().write(&self.ctx, move |tx| members::create(tx, RoleRef::Standard(standard)));
        made.await.unwrap()
    }

    /// Signs a member in; answers what their browser presents.
    pub(super) async fn sign_in(&self, member: MemberId) -> String {
        let org = self.store().keys().organisation(self.ctx.org.id).await.unwrap();
        let keys = self.store().keys().clone();
        let opening = Opening {
            member,
            method: Method::OperatorLink,
            agent: Agent::of(None),
            network: network_name(&org, member, OFFICE.parse().unwrap()),
            passkey: None,
            connection: None,
        };
        let opened = self.store().write(&self.ctx, move |tx| sessions::open(tx, &keys, &opening)).await.unwrap();
        opened.token.expose().to_owned()
    }

    /// What a presented session is refused with; nothing if it is believed.
    pub(super) async fn session_refusal(&self, node: &SessionAuthenticator, token: &str) -> Option<&'static str> {
        let presented = Presented { via: Via::Session, text: token, environment: Environment::Test };
        let decided = node.authenticate(presented, OFFICE.parse().unwrap(), true).await;
        decided.err().map(|denial| denial.refusal.code().code)
    }

    pub(super) async fn state(&self, id: &str) -> (MemberState, String) {
        let id: MemberId = id.parse().unwrap();
        let row = self.store().read::<_, sealpost_store::StoreError>(&self.ctx, move |tx| members::find(tx, id));
        let row = row.await.unwrap().unwrap();
        (row.state, row.role.to_string())
    }

    /// Asks as a directory.
    pub(super) async fn ask(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.ask_with(token, method, path, body.map(|body| body.to_string()), &[]).await
    }

    pub(super) async fn ask_with(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let path = if path.starts_with("/v1") { path.to_owned() } else { format!("/scim/v2{path}") };
        let mut request =
            http::Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() && headers.iter().all(|(name, _)| *name != "content-type") {
            request = request.header("content-type", "application/scim+json");
        }
        let body = Full::new(Bytes::from(body.unwrap_or_default()));
        self.answer(request.body(body).unwrap()).await
    }

    /// Asks as a signed-in member.
    pub(super) async fn ask_as(&self, session: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = |method: &str, path: &str| {
            http::Request::builder()
                .method(method)
                .uri(path)
                .header("cookie", format!("__Host-sealpost_session={session}"))
                .header("origin", "https://localhost")
                .header("sec-fetch-site", "same-origin")
        };
        let own = self.answer(request("GET", "/v1/session").body(Full::default()).unwrap()).await;
        let mut asked = request(method, path).header("x-csrf-token", own.text("csrf_token"));
        if body.is_some() {
            asked = asked.header("content-type", "application/json");
        }
        let body = Full::new(Bytes::from(body.map(|body| body.to_string()).unwrap_or_default()));
        self.answer(asked.body(body).unwrap()).await
    }

    async fn answer(&self, request: http::Request<Full<Bytes>>) -> Answer {
        let response = self.app.respond(request, OFFICE.parse().unwrap()).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        Answer { status: parts.status.as_u16(), body, headers: parts.headers }
    }

    /// A user made of this name, who can be reached there.
    pub(super) async fn user(&self, token: &str, name: &str) -> String {
        self.ask(token, "POST", "/Users", Some(json!({ "userName": name, "externalId": format!("ext-{name}") })))
            .await
            .id()
    }

    /// A group made of these users.
    pub(super) async fn group(&self, token: &str, name: &str, members: &[&str]) -> String {
        let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
        self.ask(token, "POST", "/Groups", Some(json!({ "displayName": name, "members": members }))).await.id()
    }

    /// One operation on something.
    pub(super) async fn patch(&self, token: &str, path: &str, operation: Value) -> Answer {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation],
        });
        self.ask(token, "PATCH", path, Some(body)).await
    }

    /// The last leaves of the ledger: what was done, by what kind of actor.
    pub(super) async fn acts(&self) -> Vec<(String, u8)> {
        let leaves = self.store().ledger_leaves(&self.ctx, 0, 1000).await.unwrap();
        let told = |bytes: &[u8]| {
            let leaf = Leaf::decode(bytes).unwrap();
            (leaf.action.to_string(), leaf.actor.kind)
        };
        leaves.iter().map(|row| told(&row.leaf)).collect()
    }
}
