//! A house with keys in it.

use std::net::IpAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use sealpost_ledger::Leaf;
use sealpost_seal::token::KeyKind;
use sealpost_store::testing::TestStore;
use sealpost_store::{Change, Ctx, Environment, Store};
use sealpost_web::{App, Authenticator, Caller, Permission, PermissionSet, Presented, Registry, Via, WebConfig};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::api_keys::{
    CHANGED, Cidrs, Issued, KeyAuthenticator, KeyMask, KeyName, Lifetime, NewKey, create_first, feature,
};
use crate::permissions::EVERYTHING;

pub(super) const HERE: &str = "192.0.2.10";
pub(super) const ELSEWHERE: &str = "203.0.113.10";

/// A store, one organisation in it, and the API of keys.
pub(super) struct House {
    pub(super) test: TestStore,
    pub(super) ctx: Ctx,
    pub(super) keys: Arc<KeyAuthenticator>,
    app: App,
    changes: tokio::sync::Mutex<UnboundedReceiver<Change>>,
}

impl House {
    pub(super) async fn new(test: TestStore) -> Self {
        let ctx = test.organisation().await;
        Self::of(test, ctx)
    }

    fn of(test: TestStore, ctx: Ctx) -> Self {
        let keys = KeyAuthenticator::new(test.store.clone());
        let features = vec![feature(test.store.clone(), keys.clone())];
        let registry = Registry::new(features, keys.clone(), test.store.clone(), WebConfig::default()).unwrap();
        let changes = tokio::sync::Mutex::new(test.store.bus().subscribe(CHANGED));
        Self { app: registry.app(), keys, ctx, test, changes }
    }

    /// The same after the process has ended and begun again (SQLite).
    pub(super) async fn restarted(self) -> Self {
        let Self { test, ctx, keys, app, changes } = self;
        drop((keys, app, changes));
        Self::of(test.reopened().await, ctx)
    }

    pub(super) fn store(&self) -> &Store {
        &self.test.store
    }

    /// A key the operator made.
    pub(super) async fn key(&self, new: NewKey) -> Issued {
        create_first(self.store(), &self.ctx, new).await.unwrap()
    }

    /// Presents a key; answers the caller or the code of the refusal.
    pub(super) async fn present(&self, text: &str, peer: &str, browser: bool) -> Result<Arc<Caller>, &'static str> {
        let presented = Presented { via: Via::Bearer, text, environment: Environment::Test };
        let peer: IpAddr = peer.parse().unwrap();
        self.keys.authenticate(presented, peer, browser).await.map_err(|denial| denial.refusal.code().code)
    }

    /// The code with which a key is refused from the usual place, or nothing.
    pub(super) async fn refusal(&self, key: &Issued) -> Option<&'static str> {
        self.present(key.plain.expose(), HERE, false).await.err()
    }

    /// Waits until a change of a key was told here; whoever subscribed earlier has been told by then.
    pub(super) async fn told(&self) {
        self.changes.lock().await.recv().await.unwrap();
    }

    /// A request to the API; answers status and body.
    pub(super) async fn call(
        &self,
        key: Option<&Issued>,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        self.call_once(key, method, path, body, None).await
    }

    pub(super) async fn call_once(
        &self,
        key: Option<&Issued>,
        method: &str,
        path: &str,
        body: Option<Value>,
        idempotency_key: Option<&str>,
    ) -> (u16, Value) {
        let mut request = http::Request::builder().method(method).uri(path);
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {}", key.plain.expose()));
        }
        if let Some(name) = idempotency_key {
            request = request.header("idempotency-key", name);
        }
        let bytes = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let response = self.app.respond(request.body(Full::new(bytes)).unwrap(), HERE.parse().unwrap()).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
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

/// A secret key with these scopes, from anywhere.
pub(super) fn secret(scopes: &[Permission]) -> NewKey {
    NewKey {
        name: KeyName::parse("Shop backend").unwrap(),
        kind: KeyKind::Secret,
        scopes: PermissionSet::of(scopes),
        mask: KeyMask::Full,
        lifetime: Lifetime::default(),
        cidrs: Cidrs::default(),
    }
}

/// A secret key that may do everything.
pub(super) fn powerful() -> NewKey {
    NewKey { scopes: EVERYTHING, ..secret(&[]) }
}
