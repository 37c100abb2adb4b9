//! A house with a ledger in it, read through the API.

use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use sealpost_access::api_keys::{Cidrs, Issued, KeyAuthenticator, KeyName, Lifetime, NewKey, create_first};
use sealpost_access::permissions::EVERYTHING;
use sealpost_seal::token::KeyKind;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, Leaf, MessageId, Store, StoreError};
use sealpost_web::{App, Feature, Registry, WebConfig};
use serde_json::Value;

/// A store, one organisation in it, and the API of its ledger.
pub(super) struct House {
    pub(super) test: TestStore,
    pub(super) ctx: Ctx,
    app: App,
}

impl House {
    pub(super) async fn new(test: TestStore) -> Self {
        let ctx = test.organisation().await;
        let keys: Arc<KeyAuthenticator> = KeyAuthenticator::new(test.store.clone());
        // What an export is refused with is listed where it is counted.
        let counted = Feature { name: "downloads", about: "", routes: vec![], codes: crate::downloads::codes::ALL };
        let features = vec![crate::audit::feature(test.store.clone()), counted];
        let registry = Registry::new(features, keys, test.store.clone(), WebConfig::default()).unwrap();
        Self { app: registry.app(), ctx, test }
    }

    pub(super) fn store(&self) -> &Store {
        &self.test.store
    }

    /// The same organisation's live environment.
    pub(super) fn live(&self) -> Ctx {
        let mut ctx = self.ctx.clone();
        ctx.org.environment = Environment::Live;
        ctx
    }

    /// A key that may do everything, of this environment.
    pub(super) async fn key(&self, ctx: &Ctx) -> Issued {
        let new = NewKey {
            name: KeyName::parse("Auditor").unwrap(),
            kind: KeyKind::Secret,
            scopes: EVERYTHING,
            mask: Default::default(),
            lifetime: Lifetime::default(),
            cidrs: Cidrs::default(),
        };
        create_first(self.store(), ctx, new).await.unwrap()
    }

    /// `count` acts on messages, with details; answers the last message.
    pub(super) async fn act(&self, ctx: &Ctx, count: usize) -> MessageId {
        let keys = self.store().keys().organisation(ctx.org.id).await.unwrap();
        let mut last = MessageId::from_bytes([0; 16]);
        for number in 0..count {
            last = MessageId::new(self.store().world());
            let details = keys.seal_audit(ctx, format!(r#"{{"number":{number}}}"#).as_bytes());
            let leaf = Leaf::of("message.accept").on(MessageId::PREFIX, last.bytes()).with(details);
            let done = self.store().write(ctx, move |tx| Ok::<_, StoreError>(tx.record(leaf, ())));
            done.await.unwrap();
        }
        last
    }

    pub(super) async fn get(&self, key: &Issued, path: &str) -> (u16, Value) {
        let request = http::Request::get(path).header("authorization", format!("Bearer {}", key.plain.expose()));
        let request = request.body(Full::new(Bytes::new())).unwrap();
        let response = self.app.respond(request, "192.0.2.10".parse().unwrap()).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// The entries on the first page of this query.
    pub(super) async fn entries(&self, key: &Issued, query: &str) -> Vec<Value> {
        let (status, page) = self.get(key, &format!("/v1/ledger/entries?{query}")).await;
        assert_eq!(status, 200, "{page}");
        page["data"].as_array().unwrap().clone()
    }
}
