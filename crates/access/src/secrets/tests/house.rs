//! A house with secrets in it, and the API of them.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use sealpost_ledger::Leaf;
use sealpost_seal::token::KeyKind;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, SecretId, Store, StoreError, Tx};
use sealpost_web::{App, Cidrs, Registry, WebConfig};
use serde_json::{Value, json};

use crate::api_keys::{self, Issued, KeyAuthenticator, KeyMask, KeyName, Lifetime, NewKey};
use crate::mail::Post;
use crate::permissions::EVERYTHING;
use crate::secrets::{STORED, SecretUse, SecretUser, create, feature, usable};

pub(in crate::secrets) const HERE: &str = "192.0.2.10";
pub(in crate::secrets) const ELSEWHERE: &str = "203.0.113.10";

/// A store, one organisation in it, and a key that may do everything.
pub(in crate::secrets) struct House {
    pub(in crate::secrets) test: TestStore,
    pub(in crate::secrets) ctx: Ctx,
    key: Issued,
    app: App,
}

/// What is called `used…` is used.
const USERS: &[SecretUser] = &[uses_what_is_called_so];

fn uses_what_is_called_so(tx: &mut Tx<'_>) -> Result<Vec<SecretUse>, StoreError> {
    let now = tx.ctx().now();
    let used = |id: SecretId| SecretUse {
        secret: id,
        kind: "endpoint",
        id: "ep_1".into(),
        name: "billing".into(),
        page: None,
        last_used_at: Some(now),
    };
    let named = crate::secrets::store::page(tx, "", "used", 100)?;
    Ok(named.into_iter().map(|secret| used(secret.id)).collect())
}

impl House {
    pub(in crate::secrets) async fn new(test: TestStore) -> Self {
        let ctx = test.organisation().await;
        let keys = KeyAuthenticator::new(test.store.clone());
        let features = vec![feature(&test.store, USERS, Post::new(None, "https://sealpost.example.com"))];
        let registry = Registry::new(features, keys, test.store.clone(), WebConfig::default()).unwrap();
        let new = NewKey {
            name: KeyName::parse("Everything").unwrap(),
            kind: KeyKind::Secret,
            scopes: EVERYTHING,
            mask: KeyMask::Full,
            lifetime: Lifetime::days(366).unwrap(),
            cidrs: Cidrs::default(),
        };
        let key = api_keys::create_first(&test.store, &ctx, new).await.unwrap();
        Self { app: registry.app(), ctx, key, test }
    }

    pub(in crate::secrets) fn store(&self) -> &Store {
        &self.test.store
    }

    pub(in crate::secrets) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.ask_from(HERE, method, path, body, None).await
    }

    pub(in crate::secrets) async fn ask_from(
        &self,
        peer: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
        once: Option<&str>,
    ) -> (u16, Value) {
        let mut request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key.plain.expose()));
        if let Some(once) = once {
            request = request.header("idempotency-key", once);
        }
        let bytes = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let response = self.app.respond(request.body(Full::new(bytes)).unwrap(), peer.parse().unwrap()).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }

    /// Stores a secret; answers its path.
    pub(in crate::secrets) async fn stored(&self, name: &str, value: &str) -> String {
        let (status, made) = self.ask("POST", "/v1/secrets", Some(json!({ "name": name, "value": value }))).await;
        assert_eq!(status, 201, "{made}");
        format!("/v1/secrets/{}", made["id"].as_str().unwrap())
    }

    /// A secret the product makes for something of its own.
    pub(in crate::secrets) async fn made(
        &self,
        purpose: crate::secrets::Purpose,
        new: crate::secrets::NewSecret,
    ) -> SecretId {
        let keys = self.store().keys().organisation(self.ctx.org.id).await.unwrap();
        let make = move |tx: &mut Tx<'_>| {
            let id = create(tx, &keys, purpose, new)?;
            Ok::<_, StoreError>(tx.record(sealpost_store::Leaf::of("endpoint.create"), id))
        };
        self.store().write(&self.ctx, make).await.unwrap()
    }

    /// What the secret at this path would be used with.
    pub(in crate::secrets) async fn newest(&self, path: &str) -> String {
        let keys = self.store().keys().organisation(self.ctx.org.id).await.unwrap();
        let id = path.rsplit('/').next().unwrap().parse().unwrap();
        let used = self.store().read(&self.ctx, move |tx| usable(tx, &keys, id, STORED)).await.unwrap();
        used[0].value.expose().to_owned()
    }

    /// The ledger's acts on secrets.
    pub(in crate::secrets) async fn acts(&self) -> Vec<String> {
        let leaves = self.store().ledger_leaves(&self.ctx, 0, 1000).await.unwrap();
        let acts = leaves.iter().map(|row| Leaf::decode(&row.leaf).unwrap().action.to_string());
        acts.filter(|act| act.starts_with("secret.")).collect()
    }
}
