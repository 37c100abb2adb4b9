//! What signing in by OpenID Connect promises, on both engines, against a provider that speaks real HTTP and lies on demand.

mod claims;
mod documents;
mod honest;
mod hostile;
mod provider;
mod settings;

use std::collections::HashMap;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use sealpost_egress::resolve::ResolveError;
use sealpost_egress::text::{TextLookup, TextResolver};
use sealpost_seal::SecretText;
use sealpost_seal::normal::Email;
use sealpost_store::testing::{TestClock, TestStore};
use sealpost_store::{Ctx, MemberId, SsoConnectionId, Store, Tx};
use sealpost_web::{App, Registry, WebConfig};
use serde_json::Value;

use self::provider::{CLIENT, Lie, Provider, SECRET, fields};
use super::service::{change, make};
use super::settings::Draft;
use crate::Credentials;
use crate::api_keys::KeyAuthenticator;
use crate::mail::Post;
use crate::members::{self, Invitation, Members};
use crate::organisations::operator;
use crate::roles::{RoleRef, Standard};
use crate::scim::ScimAuthenticator;
use crate::sessions::{self, SessionAuthenticator};
use crate::sso::{Connection, Sso, store as rows};

const PEER: &str = "192.0.2.10";

/// Nobody's DNS says anything.
struct NoText;

impl TextResolver for NoText {
    fn text<'a>(&'a self, _: &'a str) -> TextLookup<'a> {
        Box::pin(std::future::ready(Err(ResolveError::NotFound)))
    }
}

struct House {
    store: Store,
    clock: Arc<TestClock>,
    ctx: Ctx,
    sso: Sso,
    app: App,
    provider: Arc<Provider>,
}

/// A browser that hasn't signed in: what it keeps of us.
#[derive(Default)]
struct Browser {
    visit: String,
}

/// What a browser got.
#[derive(Debug)]
struct Got {
    status: u16,
    location: String,
    session: Option<String>,
    visit: Option<String>,
    text: String,
}

impl Got {
    /// The code it was refused with: the reason, if there is one.
    fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.text).unwrap_or_default();
        let reason = body["errors"][0]["code"].as_str().or(body["code"].as_str());
        reason.unwrap_or("none").to_owned()
    }
}

impl House {
    async fn new(test: &TestStore) -> Self {
        Self::with(test, Provider::start().await).await
    }

    /// A new organisation in the same store.
    async fn with(test: &TestStore, provider: Arc<Provider>) -> Self {
        let ctx = operator(&test.store, test.organisation().await.org);
        let (members, sessions) = (Members::new(test.store.clone()), SessionAuthenticator::new(test.store.clone()));
        let ways = (provider.client(), Arc::new(NoText) as Arc<dyn TextResolver>);
        let sso = Sso::new(members, ways, sessions.clone(), "https://localhost", "/app");
        let features = vec![
            crate::sso::feature(&sso),
            members::feature(
                sso.members.clone(),
                sessions.clone(),
                Post::new(None, "https://localhost"),
                members::Gate::OPEN,
            ),
            sessions::feature(test.store.clone(), sessions.clone()),
        ];
        let credentials = Credentials::new(
            KeyAuthenticator::new(test.store.clone()),
            sessions,
            ScimAuthenticator::new(test.store.clone()),
        );
        let registry = Registry::new(features, credentials, test.store.clone(), WebConfig::default()).unwrap();
        Self { app: registry.app(), store: test.store.clone(), clock: test.clock.clone(), ctx, sso, provider }
    }

    fn draft(&self, path: &str) -> Draft {
        Draft {
            preset: Some("any".into()),
            issuer: Some(self.provider.issuer(path)),
            client_id: Some(CLIENT.into()),
            client_secret: Some(SecretText::new(SECRET.into())),
            ..Draft::default()
        }
    }

    async fn connection(&self, draft: Draft) -> Connection {
        let keys = self.store.keys().clone();
        let org = keys.organisation(self.ctx.org.id).await.unwrap();
        let client = self.sso.client.clone();
        let act = move |tx: &mut Tx<'_>| {
            make(tx, (&keys, &org), client.network().policy(), ("Company sign-in".into(), &draft))
        };
        self.store.write(&self.ctx, act).await.unwrap()
    }

    async fn change(&self, id: SsoConnectionId, draft: Draft) -> Result<Connection, String> {
        let org = self.store.keys().organisation(self.ctx.org.id).await.unwrap();
        let client = self.sso.client.clone();
        let act = move |tx: &mut Tx<'_>| {
            let merged = |standing: &_| draft.over(standing);
            change(tx, &org, client.network().policy(), (id, None), (None, merged))
        };
        self.store.write(&self.ctx, act).await.map_err(|failure| match failure {
            sealpost_web::Failure::Refused(refusal) => refusal.errors()[0].code.to_string(),
            sealpost_web::Failure::Fault(fault) => format!("fault: {fault}"),
        })
    }

    async fn invited(&self, email: &str) -> MemberId {
        let email = Email::parse(email).unwrap();
        let invitation = Invitation { email, name: None, role: RoleRef::Standard(Standard::Agent), teams: Vec::new() };
        let new = self.sso.members.prepare(&self.ctx, invitation).await.unwrap();
        let keys = self.store.keys().clone();
        let org = keys.organisation(self.ctx.org.id).await.unwrap();
        let act = move |tx: &mut Tx<'_>| members::invite(tx, (&keys, &org), &new);
        self.store.write(&self.ctx, act).await.unwrap().id
    }

    /// A connection to an honest provider, and somebody who is invited.
    async fn ready(&self) -> Connection {
        self.invited("ada@clinic.example").await;
        self.connection(self.draft("a")).await
    }

    async fn refusal(&self, id: SsoConnectionId) -> Option<String> {
        let found = self.store.read(&self.ctx, move |tx| rows::find(tx, id)).await.unwrap().unwrap();
        found.refused.map(|(_, why)| why)
    }

    async fn get(&self, browser: &Browser, path: &str) -> Got {
        let request = http::Request::builder()
            .uri(path)
            .header("cookie", format!("__Host-sealpost_visit={}", browser.visit))
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("accept", "application/json");
        let request = request.body(Full::new(Bytes::new())).unwrap();
        let response = self.app.respond(request, PEER.parse().unwrap()).await;
        let cookies = response.headers().get_all("set-cookie").iter().filter_map(|one| one.to_str().ok());
        let cookies: Vec<String> = cookies.map(str::to_owned).collect();
        let cookie = |name: &str| {
            let found = cookies.iter().find_map(|one| one.strip_prefix(&format!("__Host-sealpost_{name}=")));
            found.and_then(|one| one.split(';').next()).filter(|one| !one.is_empty()).map(str::to_owned)
        };
        let location = response.headers().get("location").and_then(|at| at.to_str().ok()).unwrap_or_default();
        let (status, location) = (response.status().as_u16(), location.to_owned());
        let (session, visit) = (cookie("session"), cookie("visit"));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Got { status, location, session, visit, text: String::from_utf8_lossy(&body).into_owned() }
    }

    /// Sends a browser to the provider; what it was sent with.
    async fn leave(&self, browser: &mut Browser, connection: &Connection) -> Result<HashMap<String, String>, Got> {
        let got = self.get(browser, &format!("/sign-in/with/{}", connection.id)).await;
        if got.status != 303 {
            return Err(got);
        }
        browser.visit = got.visit.clone().unwrap_or(std::mem::take(&mut browser.visit));
        let (_, query) = got.location.split_once('?').unwrap();
        Ok(fields(query))
    }

    /// What the provider leads back with.
    fn grant(&self, asked: &HashMap<String, String>) -> String {
        self.provider.grant(asked.clone(), self.ctx.now().unix_seconds())
    }

    async fn back(&self, browser: &Browser, connection: &Connection, query: &str) -> Got {
        self.get(browser, &format!("/sign-in/oidc/{}/callback?{query}", connection.id)).await
    }

    /// The whole way, with a provider that lies so.
    async fn come(&self, connection: &Connection, lie: Option<Lie>) -> Got {
        let mut browser = Browser::default();
        let asked = match self.leave(&mut browser, connection).await {
            Ok(asked) => asked,
            Err(got) => return got,
        };
        self.provider.lie(lie);
        let code = self.grant(&asked);
        let got = self.back(&browser, connection, &format!("state={}&code={code}", asked["state"])).await;
        self.provider.lie(None);
        got
    }
}
