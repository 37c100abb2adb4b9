//! An organisation with an identity provider, and browsers.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::resolve::{FixedResolver, ResolveError};
use sealpost_egress::text::{TextLookup, TextResolver};
use sealpost_egress::tls::Trust;
use sealpost_ledger::Leaf;
use sealpost_saml::testing::{Provider, Told};
use sealpost_seal::normal::Email;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, MemberId, SsoConnectionId, Store};
use sealpost_web::{App, Authenticator, Presented, Registry, Via, WebConfig};
use serde_json::{Value, json};

use crate::Credentials;
use crate::api_keys::KeyAuthenticator;
use crate::mail::Post;
use crate::members::{self, Invitation, Members};
use crate::organisations::operator;
use crate::roles::{RoleRef, Standard};
use crate::scim::ScimAuthenticator;
use crate::sessions::{self, Agent, Method, Opening, SessionAuthenticator, network_name};
use crate::sso::{Sso, domains, feature, store};

const PEER: &str = "192.0.2.10";
pub(super) const HERE: &str = "https://localhost";
pub(super) const IDP: &str = "https://idp.example.com/metadata";
pub(super) const BOTH: &[&str] = &["HTTP-Redirect", "HTTP-POST"];

/// Nobody's DNS.
struct NoRecords;

impl TextResolver for NoRecords {
    fn text<'a>(&'a self, _: &'a str) -> TextLookup<'a> {
        Box::pin(std::future::ready(Err(ResolveError::NotFound)))
    }
}

/// A server with one organisation, its owner's session, and a provider.
pub(super) struct House {
    pub(super) test: TestStore,
    pub(super) ctx: Ctx,
    pub(super) provider: Provider,
    sessions: Arc<SessionAuthenticator>,
    sso: Sso,
    app: App,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: http::HeaderMap,
    pub(super) body: String,
}

/// A browser, and what it has of ours.
#[derive(Clone, Default)]
pub(super) struct Visitor {
    cookie: Option<String>,
}

/// Somebody who is at the provider.
pub(super) struct Away {
    pub(super) told: Told,
    pub(super) state: String,
    pub(super) id: SsoConnectionId,
}

impl House {
    pub(super) async fn new(test: TestStore) -> Self {
        let ctx = operator(&test.store, test.organisation().await.org);
        let sessions = SessionAuthenticator::new(test.store.clone());
        let network = Network::new(Policy::strict().with_loopback(), FixedResolver::new());
        let client = Client::new(network, &Trust::new([]).unwrap()).unwrap();
        let members = Members::new(test.store.clone());
        let sso = Sso::new(members, (client, Arc::new(NoRecords)), sessions.clone(), HERE, "/app");
        let credentials = Credentials::new(
            KeyAuthenticator::new(test.store.clone()),
            sessions.clone(),
            ScimAuthenticator::new(test.store.clone()),
        );
        let features = vec![
            feature(&sso),
            members::feature(sso.members.clone(), sessions.clone(), Post::new(None, HERE), members::Gate::OPEN),
            sessions::feature(test.store.clone(), sessions.clone()),
        ];
        let registry = Registry::new(features, credentials, test.store.clone(), WebConfig::default()).unwrap();
        Self { app: registry.app(), provider: Provider::new(IDP), test, ctx, sessions, sso }
    }

    pub(super) fn store(&self) -> &Store {
        &self.test.store
    }

    /// A new member's session, proved by a passkey just now.
    pub(super) async fn signed_in(&self, ctx: &Ctx, standard: Standard) -> String {
        let role = RoleRef::Standard(standard);
        let member = self.store().write(ctx, move |tx| members::create(tx, role)).await.unwrap();
        let (keys, org) = (self.store().keys().clone(), self.store().keys().organisation(ctx.org.id).await.unwrap());
        let network = network_name(&org, member, PEER.parse().unwrap());
        let (agent, method) = (Agent::of(None), Method::Passkey);
        let opening = Opening { member, method, agent, network, passkey: None, connection: None };
        let opened = self.store().write(ctx, move |tx| sessions::open(tx, &keys, &opening)).await;
        opened.unwrap().token.expose().to_owned()
    }

    pub(super) async fn invited(&self, ctx: &Ctx, email: &str) -> MemberId {
        let email = Email::parse(email).unwrap();
        let invitation = Invitation { email, name: None, role: RoleRef::Standard(Standard::Agent), teams: Vec::new() };
        let new = self.sso.members.prepare(ctx, invitation).await.unwrap();
        let (keys, org) = (self.store().keys().clone(), self.store().keys().organisation(ctx.org.id).await.unwrap());
        self.store().write(ctx, move |tx| members::invite(tx, (&keys, &org), &new)).await.unwrap().id
    }

    /// Has a domain proved.
    pub(super) async fn own(&self, name: &'static str, connection: SsoConnectionId) {
        let (keys, org) =
            (self.store().keys().clone(), self.store().keys().organisation(self.ctx.org.id).await.unwrap());
        let claiming = org.clone();
        let claim = self.store().write(&self.ctx, move |tx| domains::claim(tx, &claiming, name, connection)).await;
        claim.unwrap();
        self.store().write(&self.ctx, move |tx| domains::verify(tx, (&keys, &org), name)).await.unwrap();
    }

    /// What the API answers an owner.
    pub(super) async fn api(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let cookie = format!("__Host-sealpost_session={token}");
        let own = self.send("GET", "/v1/session", &[("cookie", &cookie)], String::new()).await;
        let own: Value = serde_json::from_str(&own.body).unwrap();
        let csrf = own["csrf_token"].as_str().unwrap();
        let headers = [
            ("cookie", &*cookie),
            ("x-csrf-token", csrf),
            ("content-type", "application/json"),
            ("origin", HERE),
            ("sec-fetch-site", "same-origin"),
        ];
        let answer = self.send(method, path, &headers, body.to_string()).await;
        (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::Null))
    }

    /// A connection that an owner makes: its id.
    pub(super) async fn connection(&self, body: Value) -> SsoConnectionId {
        let owner = self.signed_in(&self.ctx, Standard::Owner).await;
        let metadata = self.provider.metadata(BOTH, "");
        self.connection_of(&owner, &metadata, body).await
    }

    pub(super) async fn connection_of(&self, owner: &str, metadata: &str, more: Value) -> SsoConnectionId {
        let mut body = json!({ "name": "Company sign-in", "metadata": metadata, "signing": "p256" });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let (status, made) = self.api(owner, "POST", "/v1/sso/connections/saml", &body).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().parse().unwrap()
    }

    /// What an owner changes about it.
    pub(super) async fn change(&self, id: SsoConnectionId, body: Value) -> (u16, Value) {
        let owner = self.signed_in(&self.ctx, Standard::Owner).await;
        self.api(&owner, "PATCH", &format!("/v1/sso/connections/{id}/saml"), &body).await
    }

    pub(super) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let request = http::Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let (parts, body) = self.app.respond(request, PEER.parse().unwrap()).await.into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Follows the link to the provider.
    pub(super) async fn go(&self, visitor: &mut Visitor, id: SsoConnectionId) -> Answer {
        let cookie = visitor.cookie.clone().unwrap_or_default();
        let headers: &[(&str, &str)] = if cookie.is_empty() { &[] } else { &[("cookie", &cookie)] };
        let answer = self.send("GET", &format!("/sign-in/with/{id}"), headers, String::new()).await;
        if let Some(visit) = answer.cookie("__Host-sealpost_visit") {
            visitor.cookie = Some(visit);
        }
        answer
    }

    /// Goes there, and has a request that the provider may answer.
    pub(super) async fn leave(&self, visitor: &mut Visitor, id: SsoConnectionId) -> Away {
        let answer = self.go(visitor, id).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let url = answer.headers["location"].to_str().unwrap();
        let request = String::from_utf8(STANDARD.decode(field(url, "SAMLRequest")).unwrap()[5..].to_vec()).unwrap();
        self.away(id, &request, field(url, "RelayState"))
    }

    pub(super) fn away(&self, id: SsoConnectionId, request: &str, state: String) -> Away {
        let (_, rest) = request.split_once(" ID=\"").unwrap();
        let base = format!("{HERE}/sign-in/saml/{id}");
        let told = Told::new(
            &format!("{base}/metadata"),
            &format!("{base}/acs"),
            rest.split('"').next().unwrap(),
            self.ctx.now().unix_ms(),
        );
        Away { told, state, id }
    }

    /// The form that the provider's page sends: from another site, without a cookie.
    pub(super) async fn hop(&self, id: SsoConnectionId, form: String) -> Answer {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", "https://idp.example.com"),
            ("sec-fetch-site", "cross-site"),
            ("accept", "text/html"),
        ];
        self.send("POST", &format!("/sign-in/saml/{id}/acs"), &headers, form).await
    }

    /// The form that our own page sends on.
    pub(super) async fn enter(&self, visitor: &Visitor, id: SsoConnectionId, form: String) -> Answer {
        let mut headers = vec![
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", HERE),
            ("sec-fetch-site", "same-origin"),
        ];
        headers.extend(visitor.cookie.as_deref().map(|cookie| ("cookie", cookie)));
        self.send("POST", &format!("/sign-in/saml/{id}"), &headers, form).await
    }

    /// Comes back with a response: the session's token, or the code of why not.
    pub(super) async fn back(&self, visitor: &Visitor, away: &Away, response: &str) -> Result<String, String> {
        let page = self.hop(away.id, form(response, &away.state)).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.headers.get("set-cookie").is_none(), "the hop changes nothing, not even in the browser");
        let (response, state) = (page.hidden("SAMLResponse"), page.hidden("RelayState"));
        self.enter(visitor, away.id, form(&response, &state)).await.outcome()
    }

    /// All of it, by somebody who has never been here.
    pub(super) async fn sign_in(&self, id: SsoConnectionId, change: impl FnOnce(&mut Told)) -> Result<String, String> {
        let mut visitor = Visitor::default();
        let mut away = self.leave(&mut visitor, id).await;
        change(&mut away.told);
        self.back(&visitor, &away, &self.provider.answer(&away.told)).await
    }

    /// Whose session it is, and as what.
    pub(super) async fn whose(&self, token: &str) -> MemberId {
        let presented = Presented { via: Via::Session, text: token, environment: Environment::Live };
        let caller = self.sessions.authenticate(presented, PEER.parse().unwrap(), false).await.ok().unwrap();
        MemberId::from_bytes(caller.actor.id)
    }

    pub(super) async fn role(&self, member: MemberId) -> RoleRef {
        self.store().read(&self.ctx, move |tx| members::find(tx, member)).await.unwrap().unwrap().role
    }

    /// What administrators are told of who was refused last.
    pub(super) async fn refusal(&self, id: SsoConnectionId) -> Option<String> {
        let found = self.store().read(&self.ctx, move |tx| store::find(tx, id)).await.unwrap().unwrap();
        found.refused.map(|(_, why)| why)
    }

    /// What a connection keeps.
    pub(super) async fn kept(&self, id: SsoConnectionId) -> Value {
        let found = self.store().read(&self.ctx, move |tx| store::find(tx, id)).await.unwrap().unwrap();
        serde_json::from_str(&found.settings).unwrap()
    }

    pub(super) async fn acts(&self) -> Vec<String> {
        let leaves = self.store().ledger_leaves(&self.ctx, 0, 1000).await.unwrap();
        let told = |leaf: Leaf| match leaf.reason {
            Some(reason) => format!("{} {}", leaf.action, reason),
            None => leaf.action.to_string(),
        };
        leaves.iter().map(|row| told(Leaf::decode(&row.leaf).unwrap())).collect()
    }

    /// The certificates that our metadata has for this use.
    pub(super) async fn certificates(&self, id: SsoConnectionId, r#use: &str) -> Vec<Vec<u8>> {
        let answer = self.send("GET", &format!("/sign-in/saml/{id}/metadata"), &[], String::new()).await;
        assert_eq!(answer.headers["content-type"], "application/samlmetadata+xml", "{}", answer.body);
        let parts = answer.body.split("<md:KeyDescriptor ").skip(1);
        let of_use = parts.filter(|part| part.starts_with(&format!("use=\"{}\"", r#use)));
        let text = |part: &str| {
            let (_, rest) = part.split_once("X509Certificate>").unwrap();
            STANDARD.decode(rest.split('<').next().unwrap()).unwrap()
        };
        of_use.map(text).collect()
    }
}

impl Answer {
    fn cookie(&self, name: &str) -> Option<String> {
        let all = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let pair = all.filter_map(|one| one.split(';').next()).find(|pair| pair.starts_with(&format!("{name}=")));
        pair.map(str::to_owned)
    }

    /// The value of a field of the page's form that nobody sees.
    pub(super) fn hidden(&self, name: &str) -> String {
        let (_, rest) = self.body.split_once(&format!("name=\"{name}\" value=\"")).expect("a field of this name");
        rest.split('"').next().unwrap().to_owned()
    }

    /// The session's token, or the code of why there is none.
    pub(super) fn outcome(&self) -> Result<String, String> {
        if self.status == 303 {
            assert_eq!(self.headers["location"], "/app");
            let cookie = self.cookie("__Host-sealpost_session").unwrap();
            return Ok(cookie.split_once('=').unwrap().1.to_owned());
        }
        assert!(self.cookie("__Host-sealpost_session").is_none());
        let problem: Value = serde_json::from_str(&self.body).unwrap_or(Value::Null);
        let code = problem["errors"][0]["code"].as_str().or(problem["code"].as_str());
        Err(code.unwrap_or(&self.body).to_owned())
    }
}

/// The form with a response and what the request carried.
pub(super) fn form(response: &str, state: &str) -> String {
    let escaped = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    format!("SAMLResponse={}&RelayState={}", escaped(response), escaped(state))
}

/// A parameter of a URL of ours.
fn field(url: &str, name: &str) -> String {
    let query = url.split_once('?').unwrap().1;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap();
    let mut parts = value.split('%');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |mut out, part| {
        out.push(char::from(u8::from_str_radix(&part[..2], 16).unwrap()));
        out.push_str(&part[2..]);
        out
    })
}
