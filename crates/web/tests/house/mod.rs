//! A small house on the real store: three features' worth of routes, a few keys.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its part")]

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use sealpost_seal::viewer::{MaskProfile, Viewer};
use sealpost_store::testing::TestStore;
use sealpost_store::{Actor, ActorKind, Ctx, Leaf, MessageId, Org, Store, sql};
use sealpost_web::*;
use serde_json::{Value, json};

permissions! {
    THINGS_READ = "things:read" "Read things";
    THINGS_WRITE = "things:write" "Change things";
}

pub mod codes {
    sealpost_web::codes! {
        /// For tests.
        KEY_REVOKED = 401 "key_revoked" "The key was revoked";
        /// For tests.
        NAME_TAKEN = 409 "name_taken" "Another thing has this name";
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewThing {
    pub name: String,
    pub idempotency_key: Option<IdempotencyKey>,
}

#[derive(serde::Serialize, schemars::JsonSchema)]
pub struct Thing {
    pub id: String,
    pub name: String,
    pub secret: Option<String>,
}

pub struct House {
    pub test: TestStore,
    pub ctx: Ctx,
    pub registry: Registry,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn code(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json");
        self.json()["code"].as_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }
}

/// Knows four keys of one organisation: `writer`, `reader`, `public` and the revoked `gone`; and the session `member`.
struct Keys(Org);

impl Authenticator for Keys {
    fn authenticate<'a>(
        &'a self,
        presented: Presented<'a>,
        _: IpAddr,
        from_browser: bool,
    ) -> BoxFuture<'a, Result<Arc<Caller>, Denial>> {
        Box::pin(async move {
            let actor = Actor { kind: ActorKind::Key, id: [9; 16] };
            let (permissions, credential) = match presented.text {
                "writer" if !from_browser => (PermissionSet::of(&[THINGS_READ, THINGS_WRITE]), CredentialClass::Secret),
                "reader" => (PermissionSet::of(&[THINGS_READ]), CredentialClass::Secret),
                "public" => (PermissionSet::of(&[THINGS_READ, THINGS_WRITE]), CredentialClass::Publishable),
                "member" if presented.via == Via::Session => {
                    (PermissionSet::of(&[THINGS_READ, THINGS_WRITE]), CredentialClass::Session)
                }
                "gone" => return Err(Denial::of_known(&codes::KEY_REVOKED, self.0, actor)),
                _ => return Err((&problem::CREDENTIAL_INVALID).into()),
            };
            let session = (credential == CredentialClass::Session).then_some(Session {
                id: [5; 16],
                proved_at: None,
                always_proves: false,
                confined: false,
            });
            let org = match session {
                Some(_) => Org { environment: presented.environment, ..self.0 },
                None => self.0,
            };
            let mut limit_id = [0; 16];
            limit_id[..presented.text.len()].copy_from_slice(presented.text.as_bytes());
            Ok(Arc::new(Caller {
                org,
                actor,
                viewer: Viewer::masked(),
                mask_profile: MaskProfile::Full,
                permissions,
                barred: PermissionSet::EMPTY,
                credential,
                limit_id,
                session,
                support: None,
            }))
        })
    }

    fn codes(&self) -> &'static [&'static Code] {
        &[&codes::KEY_REVOKED]
    }
}

pub async fn house() -> House {
    house_with(WebConfig::default()).await
}

pub async fn house_with(config: WebConfig) -> House {
    house_of(config, |store| vec![things(store)]).await
}

/// A house with other features.
pub async fn house_of(config: WebConfig, features: impl FnOnce(&Store) -> Vec<Feature>) -> House {
    let test = TestStore::sqlite().await;
    let ctx = test.organisation().await;
    let keys = Arc::new(Keys(ctx.org));
    let registry = Registry::new(features(&test.store), keys, test.store.clone(), config).unwrap();
    House { test, ctx, registry }
}

/// A registry with other features on the same house.
pub async fn registry_of(features: Vec<Feature>) -> Result<Registry, RegistryError> {
    let test = TestStore::sqlite().await;
    let ctx = test.organisation().await;
    Registry::new(features, Arc::new(Keys(ctx.org)), test.store.clone(), WebConfig::default())
}

pub fn things(store: &Store) -> Feature {
    let store = store.clone();
    Feature {
        name: "things",
        about: "Things, for tests.",
        codes: codes::ALL,
        routes: vec![
            post("/v1/things")
                .needs(THINGS_WRITE)
                .class(Class::Write)
                .acts("thing.make")
                .summary("Make a thing")
                .takes::<NewThing>()
                .example(json!({ "name": "kettle" }))
                .answers::<Thing>(201)
                .refuses(&[&codes::NAME_TAKEN])
                .body_limit(4096)
                .to(move |call| make(call, store.clone())),
            get("/v1/things/{id}")
                .needs(THINGS_READ)
                .any_key()
                .class(Class::Read)
                .summary("Show a thing")
                .answers::<Thing>(200)
                .to(show),
            get("/v1/things")
                .needs(THINGS_READ)
                .class(Class::Read)
                .summary("List things")
                .queries::<PageQuery>()
                .answers::<Page<Thing>>(200)
                .to(|call: Call<(), PageQuery>| async move { Ok(Reply::ok(&json!({ "limit": call.query.limit }))?) }),
            post("/v1/things/panic")
                .needs(THINGS_WRITE)
                .class(Class::Write)
                .acts("thing.burn")
                .summary("Burn")
                .answers_with(204, "")
                .to(|_: Call| async { panic!("with +4791234567 in it") }),
            get("/v1/open")
                .open_to_all("it is a test")
                .summary("Open")
                .answers_with(204, "")
                .to(|_: Call| async { Ok(Reply::empty()) }),
        ],
    }
}

/// Refuses a name that is taken; the name stands in the thing's id, so that the store knows.
async fn make(call: Call<NewThing>, store: Store) -> Result<Reply, Failure> {
    let name = call.body.name.clone();
    if name == "slow" {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    let id = MessageId::new(store.world());
    call.write(&store, move |tx| {
        let place = [name.as_bytes(), &[0; 32]].concat()[..32].to_vec();
        let taken = tx.execute(
            sql!(
                "insert into idempotency (org, env, mac, fingerprint, status, body, expires_at) \
                 values ($1, $2, $3, $3, 1, $3, 1) on conflict do nothing"
            ),
            &[&place],
        )? == 0;
        if taken {
            return Err(Refusal::of(&codes::NAME_TAKEN).into());
        }
        let mut thing = Thing { id: id.to_string(), name, secret: Some("s3cret".into()) };
        let full = serde_json::to_value(&thing).map_err(Fault::new)?;
        thing.secret = None;
        let reply = Reply::secret_once(201, &full, &thing)?.location(&format!("/v1/things/{id}"));
        Ok(tx.record(Leaf::of("thing.make").on("msg", id.bytes()), reply))
    })
    .await
}

async fn show(call: Call) -> Result<Reply, Failure> {
    let id: MessageId = call.id("id")?;
    Ok(Reply::ok(&Thing { id: id.to_string(), name: call.ctx.org.environment.to_string(), secret: None })?)
}

impl House {
    pub async fn send(&self, request: Request<Full<bytes::Bytes>>) -> Answer {
        self.send_from("192.0.2.1", request).await
    }

    pub async fn send_from(&self, peer: &str, request: Request<Full<bytes::Bytes>>) -> Answer {
        let response = self.registry.app().respond(request, peer.parse().unwrap()).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub async fn get(&self, key: &str, path: &str) -> Answer {
        self.send(request("GET", path, &[("authorization", &format!("Bearer {key}"))], "")).await
    }

    pub async fn post(&self, key: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let bearer = format!("Bearer {key}");
        let mut all = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send(request("POST", path, &all, body)).await
    }

    /// Whether some ledger leaf holds this text.
    pub async fn leaves_with(&self, text: &str) -> usize {
        let leaves = self.test.store.ledger_leaves(&self.ctx, 0, 1000).await.unwrap();
        leaves.iter().filter(|row| row.leaf.windows(text.len()).any(|window| window == text.as_bytes())).count()
    }
}

pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Full<bytes::Bytes>> {
    let mut builder = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Full::new(bytes::Bytes::copy_from_slice(body.as_bytes()))).unwrap()
}

/// hyper's own bytes.
pub mod bytes {
    pub use hyper::body::Bytes;
}
